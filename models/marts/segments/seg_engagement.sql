with

final as (

    {{ segment_members('engagement') }}

)

select * from final
