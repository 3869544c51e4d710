with

final as (

    {{ audience_view('inactive_seven_days') }}

)

select * from final
