{{
    config(
        materialized='incremental',
        incremental_strategy=replaces_days(),
        partition_by='event_date',
        pre_hook="{{ delete_touched_days('event_date') }}",
    )
}}
with

-- always a parent, read by the incremental branch only
touched as ( -- noqa: ST03

    select * from {{ ref('int_event_days_touched') }}

),

records as (

    select
        *,
        {{ identity_key("case when user_id is null then 'anonymous' else 'user' end", 'coalesce(user_id, anonymous_id)') }}
            as identity_key
    from {{ staged('events') }}
    {% if is_incremental() -%}
    -- the day before a touched one, so that its first event has a predecessor
    where
        event_date in (select touched.event_date from touched)
        or event_date in (select {{ add_days('touched.event_date', -1) }} from touched)
    {%- endif %}

),

duplicates as (

    select * from {{ ref('int_event_duplicates') }}

),

ties as (

    select * from {{ ref('int_event_ties') }}

),

identities as (

    select * from {{ ref('int_identities') }}

),

catalog as (

    select * from {{ ref('event_catalog') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

unique_events as (

    select records.*
    from records
    left join duplicates
        on
            records._load_id = duplicates._load_id
            and records._row = duplicates._row
    where duplicates._row is null

),

identified as (

    select
        unique_events.event_key,
        unique_events.identity_key,
        coalesce(identities.customer_key, unique_events.identity_key) as actor_key,
        identities.customer_key is not null as is_identified,
        coalesce(identities.is_internal, false) as is_internal,
        coalesce(catalog.is_activity, true) and not coalesce(identities.is_internal, false) as is_active,
        unique_events.event_name,
        unique_events.device_type,
        unique_events.os,
        unique_events.browser,
        coalesce(catalog.feature_mask, 0) as feature_mask,
        unique_events.occurred_at,
        coalesce(ties.instant_order, 1) as instant_order,
        {{ local_date('unique_events.received_at') }} as received_date,
        unique_events._load_id,
        unique_events.event_date
    from unique_events
    left join ties
        on
            unique_events.event_key = ties.event_key
            and unique_events.occurred_at = ties.occurred_at
    left join identities
        on unique_events.identity_key = identities.identity_key
    left join catalog
        on unique_events.event_name = catalog.event_name

),

ordered as (

    select
        *,
        {{ milliseconds_between(
            'lag(occurred_at) over (partition by actor_key, is_active order by occurred_at, instant_order)', 'occurred_at'
        ) }} as silence_ms
    from identified

),

final as (

    -- of a table that is partitioned by day, one task writes a day
    select /*+ rebalance(event_date) */
        ordered.event_key,
        ordered.identity_key,
        ordered.actor_key,
        ordered.is_identified,
        ordered.is_internal,
        ordered.is_active,
        ordered.event_name,
        ordered.device_type,
        ordered.os,
        ordered.browser,
        ordered.feature_mask,
        ordered.occurred_at,
        ordered.instant_order,
        ordered.received_date,
        case
            when ordered.silence_ms <= {{ var('session_gap_minutes') * 60000 }} then ordered.silence_ms
        end as gap_ms,
        ordered._load_id,
        clock.load_id as _watermark,
        ordered.event_date
    from ordered
    cross join clock
    {% if is_incremental() -%}
    where ordered.event_date in (select touched.event_date from touched)
    {%- endif %}

)

select * from final
