with

final as (

    {{ segment_members('value_based') }}

)

select * from final
