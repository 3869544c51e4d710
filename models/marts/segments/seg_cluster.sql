with

final as (

    {{ segment_members('cluster') }}

)

select * from final
