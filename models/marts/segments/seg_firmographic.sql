with

final as (

    {{ segment_members('firmographic', 'account') }}

)

select * from final
