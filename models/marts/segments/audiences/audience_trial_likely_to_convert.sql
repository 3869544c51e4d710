with

final as (

    {{ audience_view('trial_likely_to_convert') }}

)

select * from final
