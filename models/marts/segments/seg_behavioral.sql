with

final as (

    {{ segment_members('behavioral') }}

)

select * from final
