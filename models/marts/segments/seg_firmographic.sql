-- Compiled by `segmentry definitions compile` from definitions/segments/firmographic.yml. Change it there.
with

segments as (

    select * from {{ ref('int_account_segments') }} where is_current

),

final as (

    select
        account_id,
        firmographic as segment_key,
        as_of_date
    from segments

)

select * from final
