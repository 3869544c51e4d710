with

final as (

    {{ segment_members('needs_based') }}

)

select * from final
