with

final as (

    {{ segment_members('geographic') }}

)

select * from final
