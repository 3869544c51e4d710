with

final as (

    {{ audience_view('new_large_accounts') }}

)

select * from final
