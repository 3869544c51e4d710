with

final as (

    {{ segment_members('psychographic') }}

)

select * from final
