with

final as (

    {{ audience_view('high_value_at_risk') }}

)

select * from final
