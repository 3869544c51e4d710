with

final as (

    {{ segment_members('lifecycle') }}

)

select * from final
