{%- set devices = ['desktop', 'mobile', 'tablet'] -%}
with

days as (

    select * from {{ ref('int_customer_days') }}

),

window_days as (

    select * from {{ ref('int_as_of_window_days') }}

),

as_of_dates as (

    select * from {{ ref('int_as_of_dates') }}

),

seen as (

    select
        days.customer_key,
        window_days.as_of_date,
        max(days.activity_date) as last_active_on,
        {% for name, test in [
            ('active_days_7d', '< 7'), ('active_days_28d', '< 28'), ('active_days_previous_28d', 'between 28 and 55'),
        ] -%}
        count(case when window_days.age_days {{ test }} then 1 end) as {{ name }},
        {% endfor -%}
        count(*) as active_days_90d,
        {% for name, length in [
            ('events', 28), ('sessions', 7), ('sessions', 28), ('active_ms', 28),
            ('desktop_events', 28), ('mobile_events', 28), ('tablet_events', 28),
        ] -%}
        sum(case when window_days.age_days < {{ length }} then days.{{ name }} else 0 end) as {{ name }}_{{ length }}d,
        {% endfor -%}
        {% for device in devices -%}
        max(case when window_days.age_days < 28 then days.last_{{ device }}_at end) as last_{{ device }}_at,
        {% endfor -%}
        sum(days.sessions) as sessions_90d,
        {{ mask_union('case when window_days.age_days < 28 then days.features_mask else 0 end') }} as features_mask_28d,
        {{ mask_union('days.features_mask') }} as features_mask_90d
    from days
    inner join window_days
        on days.activity_date = window_days.date_day
    group by days.customer_key, window_days.as_of_date

),

spaced as (

    select
        customer_key,
        activity_date,
        lead(activity_date) over (partition by customer_key order by activity_date) as next_activity_date
    from days

),

silent as (

    -- as-of dates whose windows no longer include the last active day
    select
        spaced.customer_key,
        as_of_dates.as_of_date,
        spaced.activity_date as last_active_on
    from spaced
    inner join as_of_dates
        on
            {{ add_days('spaced.activity_date', trailing_windows().features) }} <= as_of_dates.as_of_date
            and (spaced.next_activity_date is null or spaced.next_activity_date > as_of_dates.as_of_date)
    where
        spaced.next_activity_date is null
        or {{ days_between('spaced.activity_date', 'spaced.next_activity_date') }} > {{ trailing_windows().features }}

),

{% set counts = [
    'active_days_7d', 'active_days_28d', 'active_days_previous_28d', 'active_days_90d', 'sessions_7d', 'sessions_28d', 'sessions_90d',
] -%}
final as (

    select
        customer_key,
        as_of_date,
        last_active_on,
        {% for name in counts -%}
        cast({{ name }} as integer) as {{ name }},
        {% endfor -%}
        cast(events_28d as bigint) as events_28d,
        cast(active_ms_28d as bigint) as active_ms_28d,
        features_mask_28d,
        {{ bits_set('features_mask_28d') }} as features_used_28d,
        {{ bits_set('features_mask_90d') }} as features_used_90d,
        case
            when desktop_events_28d + mobile_events_28d + tablet_events_28d = 0 then null
            -- of equals the one used last
            when
                (
                    desktop_events_28d > mobile_events_28d
                    or (desktop_events_28d = mobile_events_28d and last_desktop_at >= last_mobile_at)
                )
                and (
                    desktop_events_28d > tablet_events_28d
                    or (desktop_events_28d = tablet_events_28d and last_desktop_at >= last_tablet_at)
                )
                then 'desktop'
            when
                mobile_events_28d > tablet_events_28d
                or (mobile_events_28d = tablet_events_28d and last_mobile_at >= last_tablet_at)
                then 'mobile'
            else 'tablet'
        end as main_device_28d
    from seen
    union all
    select
        customer_key,
        as_of_date,
        last_active_on,
        {% for name in counts -%}
        0 as {{ name }},
        {% endfor -%}
        0 as events_28d,
        0 as active_ms_28d,
        0 as features_mask_28d,
        0 as features_used_28d,
        0 as features_used_90d,
        cast(null as {{ dbt.type_string() }}) as main_device_28d
    from silent

)

select * from final
