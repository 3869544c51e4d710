with

catalog as (

    select * from {{ ref('event_catalog') }} where feature_key is not null

),

final as (

    select
        feature_key,
        max(feature_name) as feature_name,
        max(feature_mask) as feature_mask,
        cast(count(*) as integer) as events_mapped
    from catalog
    group by feature_key

)

select * from final
