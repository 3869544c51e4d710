with

measurements as (

    select
        *,
        {{ int64_key('event_id') }} as event_key,
        {{ local_date('measured_at') }} as measured_on
    from {{ staged('web_vitals') }}

),

events as (

    select * from {{ ref('int_events') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

measured as (

    -- visitors who never identified themselves are in the total; their segment is not known
    select
        measurements.metric,
        measurements.value,
        measurements.measured_on,
        events.actor_key
    from measurements
    inner join events
        on measurements.event_key = events.event_key
    where not events.is_internal

),

placed as (

    select
        periods.period_grain,
        periods.period_start,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        measured.metric,
        measured.value
    from measured
    inner join periods
        on measured.measured_on between periods.period_start and periods.last_day
    left join segments
        on
            measured.actor_key = segments.customer_key
            and periods.segment_date = segments.as_of_date

),

ranked as (

    {{ percentiles_by_segment(
        'placed', 'segment_sets', ['period_grain', 'period_start', 'metric'], 'value', {'p50': 0.5, 'p75': 0.75}, count='n'
    ) }}

),

final as (

    select
        ranked.period_grain,
        ranked.period_start,
        ranked.segment_dimension,
        ranked.segment_key,
        ranked.metric,
        periods.is_complete,
        cast(ranked.n as bigint) as n,
        ranked.p50,
        ranked.p75,
        {{ is_small_n('ranked.n') }} as is_small_n,
        periods.as_of_date
    from ranked
    inner join periods
        on
            ranked.period_grain = periods.period_grain
            and ranked.period_start = periods.period_start

)

select * from final
