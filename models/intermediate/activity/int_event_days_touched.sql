{#-
    The days whose events or customer-days must be computed anew, from the state that the last run left behind.
    Frozen in a table before either is changed, so that both delete and insert the same days. A run that died between
    the two is caught up with by the second watermark. Watermarks are load numbers, never event times.
-#}
{%- set events_state = load_relation(ref('int_clock').incorporate(path={'identifier': 'int_events'})) -%}
{%- set days_state = load_relation(ref('int_clock').incorporate(path={'identifier': 'int_customer_days'})) -%}
{%- set is_full = flags.FULL_REFRESH or events_state is none or days_state is none -%}
with

events as (

    select
        event_key,
        event_date,
        _load_id
    from {{ staged('events') }}

),

-- always a parent, read by the incremental branch only
identities as ( -- noqa: ST03

    select * from {{ ref('int_identities') }}

),

-- always a parent, read by the incremental branch only
catalog as ( -- noqa: ST03

    select * from {{ ref('event_catalog') }}

),

{% if is_full -%}
touched as (

    select distinct event_date from events

),
{% else -%}
state as (

    select
        (select coalesce(max(core._watermark), 0) from {{ events_state }} as core) as events_watermark,
        (select coalesce(max(days._watermark), 0) from {{ days_state }} as days) as days_watermark

),

loaded as (

    select
        event_key,
        event_date
    from events
    where _load_id > (select state.events_watermark from state)

),

touched as (

    -- new records
    select event_date from loaded
    union all
    -- a new record of a known event can move its winning version to another day
    select core.event_date
    from {{ events_state }} as core
    inner join loaded
        on core.event_key = loaded.event_key
    union all
    -- an identity moved to another customer, or an event changed its meaning
    select core.event_date
    from {{ events_state }} as core
    left join identities
        on core.identity_key = identities.identity_key
    left join catalog
        on core.event_name = catalog.event_name
    where
        core.actor_key <> coalesce(identities.customer_key, core.identity_key)
        or core.is_identified <> (identities.customer_key is not null)
        or core.is_internal <> coalesce(identities.is_internal, false)
        or core.is_active <> (coalesce(catalog.is_activity, true) and not core.is_internal)
        or core.feature_mask <> coalesce(catalog.feature_mask, 0)
    union all
    -- the last run ended between the two tables
    select core.event_date
    from {{ events_state }} as core
    where core._watermark > (select state.days_watermark from state)
    union all
    -- ... and the first of them has nothing left on the day
    select days.activity_date as event_date
    from {{ days_state }} as days
    where days.activity_date not in (select core.event_date from {{ events_state }} as core)
    union all
    -- a re-run requested the day
    select event_date from events
    where {{ is_restated('event_date') }}
    union all
    select core.event_date
    from {{ events_state }} as core
    where {{ is_restated('core.event_date') }}

),
{% endif %}
touched_days as (

    select distinct event_date from touched

),

with_next_days as (

    -- the day after as well: its first event may continue a session of this day
    select event_date from touched_days
    union all
    select {{ add_days('event_date', 1) }} as event_date from touched_days

),

final as (

    select distinct event_date from with_next_days

)

select * from final
