{#- Sign-ups by cohort and by the hours until the first value event, or until the end of what is known (censored). -#}
with

activations as (

    select * from {{ ref('int_activations') }}

),

dates as (

    select * from {{ ref('int_dates') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

customer_segments as (

    select
        'customer' as entity_type,
        customer_key as entity_key,
        as_of_date,
        segment_set_key
    from {{ ref('int_customer_segments') }}

),

account_segments as (

    select
        'account' as entity_type,
        {{ int64_key('account_id') }} as entity_key,
        as_of_date,
        segment_set_key
    from {{ ref('int_account_segments') }}

),

segments as (

    select * from customer_segments
    union all
    select * from account_segments

),

measured as (

    select
        *,
        {{ local_midnight(add_days(complete_through(), 1)) }} as known_until,
        {{ milliseconds_between('signed_up_at', 'activated_at') }} < {{ var('activation_days') * 86400000 }} as is_in_time
    from activations

),

timed as (

    select
        *,
        {{ milliseconds_between('signed_up_at', 'known_until') }} >= {{ var('activation_days') * 86400000 }} as is_eligible,
        cast(floor(
            {{ milliseconds_between('signed_up_at', 'coalesce(first_value_at, known_until)') }} / 3600000e0
        ) as integer) as hours
    from measured

),

final as (

    select
        timed.entity_type,
        periods.period_grain,
        periods.period_start,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        timed.hours,
        count(*) as signups,
        sum(case when timed.is_eligible then 1 else 0 end) as eligible,
        sum(case when timed.is_eligible and timed.is_in_time then 1 else 0 end) as activated,
        count(timed.first_value_at) as reached_value
    from timed
    inner join dates
        on timed.signed_up_on = dates.date_day
    inner join periods
        on
            periods.period_start = case periods.period_grain when 'week' then dates.week_start else dates.month_start end
    left join segments
        on
            timed.entity_type = segments.entity_type
            and timed.entity_key = segments.entity_key
            and periods.segment_date = segments.as_of_date
    group by timed.entity_type, periods.period_grain, periods.period_start, coalesce(segments.segment_set_key, 0), timed.hours

)

select * from final
