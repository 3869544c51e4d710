-- Compiled by `segmentry definitions compile` from definitions/segments/acquisition_cohort.yml. Change it there.
with

segments as (

    select * from {{ ref('int_customer_segments') }} where is_current

),

final as (

    select
        customer_id,
        acquisition_cohort as segment_key,
        as_of_date
    from segments

)

select * from final
