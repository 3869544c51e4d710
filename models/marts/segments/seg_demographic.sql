with

final as (

    {{ segment_members('demographic') }}

)

select * from final
