with

final as (

    {{ segment_members('acquisition_cohort') }}

)

select * from final
