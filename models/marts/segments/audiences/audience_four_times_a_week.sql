with

final as (

    {{ audience_view('four_times_a_week') }}

)

select * from final
