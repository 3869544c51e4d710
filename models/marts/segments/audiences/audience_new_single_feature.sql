with

final as (

    {{ audience_view('new_single_feature') }}

)

select * from final
