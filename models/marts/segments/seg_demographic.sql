-- Compiled by `segmentry definitions compile` from definitions/segments/demographic.yml. Change it there.
with

segments as (

    select * from {{ ref('int_customer_segments') }} where is_current

),

final as (

    select
        customer_id,
        demographic as segment_key,
        as_of_date
    from segments

)

select * from final
