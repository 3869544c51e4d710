with

customers_as_of as (

    select * from {{ ref('int_customers_as_of') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

as_of_dates as (

    select * from {{ ref('int_as_of_dates') }}

),

bands as (

    select * from {{ ref('bands') }} where band_set = 'usage'

),

segment_grid as (

    select * from {{ ref('int_segment_grid') }}
    where
        entity_type = 'customer'
        and period_grain in ('week', 'month')

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

observed as (

    select periods.*
    from periods
    inner join as_of_dates
        on periods.last_day = as_of_dates.as_of_date

),

active_day_counts as (

    select
        observed.period_grain,
        observed.period_start,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        customers_as_of.active_days_28d,
        count(*) as customers
    from observed
    inner join customers_as_of
        on observed.last_day = customers_as_of.as_of_date
    left join segments
        on
            customers_as_of.customer_key = segments.customer_key
            and observed.segment_date = segments.as_of_date
    group by 1, 2, 3, 4

),

banded as (

    select
        active_day_counts.period_grain,
        active_day_counts.period_start,
        bands.band_key,
        active_day_counts.segment_set_key,
        sum(active_day_counts.customers) as customers
    from active_day_counts
    inner join bands
        on
            active_day_counts.active_days_28d >= bands.lower_bound
            and (bands.upper_bound is null or active_day_counts.active_days_28d < bands.upper_bound)
    group by 1, 2, 3, 4

),

fanned_out as (

    {{ by_segment('banded', 'segment_sets', ['period_grain', 'period_start', 'band_key'], ['customers']) }}

),

grid as (

    select segment_grid.*
    from segment_grid
    inner join as_of_dates
        on segment_grid.last_day = as_of_dates.as_of_date

),

counted as (

    select
        grid.period_grain,
        grid.period_start,
        grid.segment_dimension,
        grid.segment_key,
        bands.band_key,
        grid.is_complete,
        coalesce(fanned_out.customers, 0) as customers,
        sum(coalesce(fanned_out.customers, 0)) over (
            partition by grid.period_grain, grid.period_start, grid.segment_dimension, grid.segment_key
        ) as customers_total,
        grid.as_of_date
    from grid
    cross join bands
    left join fanned_out
        on
            {{ same_segment_period('grid', 'fanned_out') }}
            and bands.band_key = fanned_out.band_key

),

final as (

    select
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        band_key as band,
        is_complete,
        cast(customers as bigint) as customers,
        cast(customers_total as bigint) as customers_total,
        {{ rate_with_interval('customer_share', 'customers', 'customers_total') }},
        as_of_date
    from counted

)

select * from final
