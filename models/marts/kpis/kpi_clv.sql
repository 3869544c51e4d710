{%- set counts = ['customers', 'scored_customers'] -%}
{%- set sums = ['historical_clv', 'predicted_clv_12m', 'predicted_clv_horizon'] -%}
with

historic as (

    select * from {{ ref('int_historic_value_totals') }}

),

lifetime_values as (

    select * from {{ ref('fct_customer_lifetime_value') }} where predicted_clv_12m is not null

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

segment_sets as (

    select * from {{ ref('int_metric_segment_sets') }} where entity_type = 'customer'

),

periods as (

    select * from {{ ref('int_periods') }}

),

segment_grid as (

    select * from {{ ref('int_segment_grid') }} where entity_type = 'customer'

),

told as (

    select distinct
        period_grain,
        period_start
    from historic

),

observed as (

    select periods.*
    from periods
    inner join told
        on
            periods.period_grain = told.period_grain
            and periods.period_start = told.period_start

),

observed_grid as (

    select segment_grid.*
    from segment_grid
    inner join told
        on
            segment_grid.period_grain = told.period_grain
            and segment_grid.period_start = told.period_start

),

totals as (

    select
        period_grain,
        period_start,
        segment_set_key,
        customers,
        historical_clv,
        0 as scored_customers,
        0 as predicted_clv_12m,
        0 as predicted_clv_horizon
    from historic
    union all
    -- predictions exist for the as-of date only, in the periods that end on it
    select
        observed.period_grain,
        observed.period_start,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        0 as customers,
        0 as historical_clv,
        count(*) as scored_customers,
        sum(lifetime_values.predicted_clv_12m) as predicted_clv_12m,
        sum(lifetime_values.predicted_clv_horizon) as predicted_clv_horizon
    from observed
    inner join lifetime_values
        on observed.last_day = lifetime_values.as_of_date
    left join segments
        on
            lifetime_values.customer_id = segments.customer_id
            and observed.segment_date = segments.as_of_date
    group by observed.period_grain, observed.period_start, coalesce(segments.segment_set_key, 0)

),

fanned_out as (

    {{ by_segment('totals', 'segment_sets', ['period_grain', 'period_start'], counts + sums) }}

),

counted as (

    {{ on_segment_grid('observed_grid', 'fanned_out', {'bigint': counts, 'decimal(18, 2)': sums}) }}

),

final as (

    select
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        customers,
        historical_clv,
        {{ money(safe_divide('historical_clv', 'customers')) }} as historical_clv_per_customer,
        scored_customers,
        case when scored_customers > 0 then predicted_clv_12m end as predicted_clv_12m,
        case when scored_customers > 0 then predicted_clv_horizon end as predicted_clv_horizon,
        -- also for segments without scored customers, or the parts would not add up to the total
        case
            when sum(scored_customers) over (partition by period_grain, period_start) > 0
                then cast(historical_clv + predicted_clv_horizon as decimal(18, 2))
        end as total_clv,
        as_of_date
    from counted

)

select * from final
