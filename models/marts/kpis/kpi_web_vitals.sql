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

final as (

    select
        periods.period_grain,
        periods.period_start,
        segment_sets.segment_dimension,
        segment_sets.segment_key,
        measured.metric,
        periods.is_complete,
        cast(count(*) as bigint) as n,
        {{ percentile('measured.value', 0.5) }} as p50,
        {{ percentile('measured.value', 0.75) }} as p75,
        {{ is_small_n('count(*)') }} as is_small_n,
        periods.as_of_date
    from measured
    inner join periods
        on measured.measured_on between periods.period_start and periods.last_day
    left join segments
        on
            measured.actor_key = segments.customer_key
            and periods.segment_date = segments.as_of_date
    inner join segment_sets
        on coalesce(segments.segment_set_key, 0) = segment_sets.segment_set_key
    group by
        periods.period_grain,
        periods.period_start,
        segment_sets.segment_dimension,
        segment_sets.segment_key,
        measured.metric,
        periods.is_complete,
        periods.as_of_date

)

select * from final
