with

final as (

    {{ audience_view('three_sessions_this_week') }}

)

select * from final
