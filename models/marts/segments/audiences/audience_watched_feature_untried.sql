with

final as (

    {{ audience_view('watched_feature_untried') }}

)

select * from final
