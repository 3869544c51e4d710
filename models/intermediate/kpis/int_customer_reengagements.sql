{#- Customers who were dormant when a campaign touched them or held them out, and whether they returned. -#}
with

touches as (

    select * from {{ staged('campaign_touches') }}

),

identities as (

    select * from {{ ref('int_identities') }}
    where
        identity_kind = 'user'
        and not is_internal

),

days as (

    select * from {{ ref('int_customer_days') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

reached as (

    -- a person with several user ids is reached once
    select
        touches.campaign_id,
        identities.customer_key,
        min({{ local_date('touches.touched_at') }}) as touched_on,
        min(case when touches.is_holdout then 1 else 0 end) = 1 as is_holdout
    from touches
    inner join identities
        on touches.user_id = identities.identity_id
    where {{ local_date('touches.touched_at') }} <= {{ as_of_date() }}
    group by touches.campaign_id, identities.customer_key

),

dormant as (

    select
        reached.campaign_id,
        reached.customer_key,
        reached.touched_on,
        reached.is_holdout,
        max(case
            when
                days.activity_date >= reached.touched_on
                and days.activity_date < {{ add_days('reached.touched_on', var('reengagement_days')) }}
                then 1
            else 0
        end) = 1 as is_resurrected
    from reached
    inner join days
        on reached.customer_key = days.customer_key
    group by reached.campaign_id, reached.customer_key, reached.touched_on, reached.is_holdout
    having
        max(case when days.activity_date < reached.touched_on then days.activity_date end)
        < {{ add_days('reached.touched_on', -var('reengagement_inactivity_days')) }}

),

final as (

    select
        dormant.campaign_id,
        dormant.customer_key,
        periods.period_grain,
        periods.period_start,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        dormant.is_holdout,
        dormant.is_resurrected,
        {{ add_days('dormant.touched_on', var('reengagement_days')) }} <= {{ add_days('periods.complete_through', 1) }}
            as is_mature
    from dormant
    inner join periods
        on dormant.touched_on between periods.period_start and periods.last_day
    left join segments
        on
            dormant.customer_key = segments.customer_key
            and periods.segment_date = segments.as_of_date

)

select * from final
