{#- Feature use by customer and period; `all` is any feature. -#}
with

events as (

    select
        actor_key,
        feature_mask,
        event_date
    from {{ ref('int_events') }}
    where
        is_active
        and is_identified
        and feature_mask > 0
        and event_date <= {{ as_of_date() }}

),

features as (

    select distinct
        feature_key,
        feature_mask
    from {{ ref('event_catalog') }}
    where feature_key is not null

),

dates as (

    select * from {{ ref('int_dates') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

known as (

    select * from {{ ref('int_customer_first_days') }}

),

days as (

    select
        events.actor_key as customer_key,
        features.feature_key,
        events.event_date,
        count(*) as uses
    from events
    inner join features
        on events.feature_mask = features.feature_mask
    group by events.actor_key, features.feature_key, events.event_date

),

running as (

    select
        *,
        sum(uses) over (
            partition by customer_key, feature_key order by event_date rows between unbounded preceding and current row
        ) as uses_to_date
    from days

),

adopted as (

    select
        customer_key,
        feature_key,
        min(case when uses_to_date >= {{ var('feature_adoption_uses') }} then event_date end) as adopted_on
    from running
    group by customer_key, feature_key

),

by_period as (

    {% for grain in ['week', 'month'] -%}
    select
        days.customer_key,
        days.feature_key,
        '{{ grain }}' as period_grain,
        dates.{{ grain }}_start as period_start,
        sum(days.uses) as uses
    from days
    inner join dates
        on days.event_date = dates.date_day
    group by days.customer_key, days.feature_key, dates.{{ grain }}_start
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

with_all as (

    select
        *,
        case when uses >= {{ var('feature_adoption_uses') }} then 1 else 0 end as adoptions
    from by_period
    union all
    select
        customer_key,
        'all' as feature_key,
        period_grain,
        period_start,
        sum(uses) as uses,
        sum(case when uses >= {{ var('feature_adoption_uses') }} then 1 else 0 end) as adoptions
    from by_period
    group by customer_key, period_grain, period_start

),

final as (

    select
        with_all.customer_key,
        with_all.feature_key,
        with_all.period_grain,
        with_all.period_start,
        with_all.uses,
        with_all.adoptions,
        coalesce(lead(periods.period_index) over (
            partition by with_all.customer_key, with_all.feature_key, with_all.period_grain
            order by periods.period_index
        ) = periods.period_index + 1, false) as is_used_again,
        case
            when adopted.adopted_on between periods.period_start and periods.last_day
                then {{ days_between('known.first_seen_on', 'adopted.adopted_on') }}
        end as days_to_adopt
    from with_all
    inner join periods
        on
            with_all.period_grain = periods.period_grain
            and with_all.period_start = periods.period_start
    inner join known
        on with_all.customer_key = known.customer_key
    left join adopted
        on
            with_all.customer_key = adopted.customer_key
            and with_all.feature_key = adopted.feature_key

)

select * from final
