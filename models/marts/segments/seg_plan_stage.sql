with

final as (

    {{ segment_members('plan_stage') }}

)

select * from final
