with

final as (

    {{ audience_view('disengaged_dissatisfied') }}

)

select * from final
