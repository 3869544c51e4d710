{{
    config(
        materialized='incremental',
        incremental_strategy=replaces_days(),
        partition_by='activity_date',
        pre_hook="{{ delete_touched_days('activity_date') }}",
    )
}}
with

-- always a parent, read by the incremental branch only
touched as ( -- noqa: ST03

    select * from {{ ref('int_event_days_touched') }}

),

events as (

    select * from {{ ref('int_events') }}
    where
        is_active
        and is_identified
    {% if is_incremental() -%}
        and event_date in (select touched.event_date from touched)
    {%- endif %}

),

final as (

    select
        actor_key as customer_key,
        count(*) as events,
        -- a session belongs to the day it began on, so that days add up to any window
        cast(sum(case when gap_ms is null then 1 else 0 end) as bigint) as sessions,
        cast(coalesce(sum(gap_ms), 0) as bigint) as active_ms,
        {{ mask_union('feature_mask') }} as features_mask,
        {% for device in ['desktop', 'mobile', 'tablet'] -%}
        cast(sum(case when device_type = '{{ device }}' then 1 else 0 end) as bigint) as {{ device }}_events,
        max(case when device_type = '{{ device }}' then occurred_at end) as last_{{ device }}_at,
        {% endfor -%}
        min(received_date) as first_received_on,
        max(_watermark) as _watermark,
        event_date as activity_date
    from events
    group by actor_key, event_date

)

select * from final
