{{ config(enabled=var('preset') == 'completejourney') }}
with

campaigns as (

    select * from {{ ref('base_completejourney__campaigns') }}

),

descriptions as (

    select * from {{ ref('base_completejourney__campaign_descriptions') }}

),

final as (

    select
        campaigns.campaign_id || ':' || campaigns.household_id as touch_id,
        campaigns.campaign_id,
        campaigns.household_id as user_id,
        cast(null as {{ dbt.type_string() }}) as segment_key,
        descriptions.campaign_type as tactic,
        'coupon_mailing' as channel,
        false as is_holdout,
        {{ add_minutes('cast(descriptions.start_date as timestamp)', 12 * 60) }} as touched_at,
        cast(null as timestamp) as opened_at,
        cast(null as timestamp) as clicked_at,
        campaigns._batch_id,
        campaigns._row,
        campaigns._load_id
    from campaigns
    inner join descriptions
        on campaigns.campaign_id = descriptions.campaign_id

)

select * from final
