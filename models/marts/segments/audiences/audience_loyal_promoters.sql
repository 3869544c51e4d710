with

final as (

    {{ audience_view('loyal_promoters') }}

)

select * from final
