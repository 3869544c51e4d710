with

final as (

    {{ audience_view('ios_power_users') }}

)

select * from final
