with

final as (

    {{ segment_members('technographic') }}

)

select * from final
