{#- Kaplan-Meier by segment and month of tenure, every month up to the longest seen. -#}
{%- set upto = 'partition by segment_dimension, segment_key'
    ~ ' order by tenure_period rows between unbounded preceding and current row' -%}
with

cells as (

    select * from {{ ref('int_tenure_cells') }}

),

dates as (

    select * from {{ ref('int_dates') }}

),

segments as (

    select
        segment_dimension,
        segment_key,
        max(tenure_period) as longest
    from cells
    group by segment_dimension, segment_key

),

months as (

    -- bounds the spine: no tenure is longer than the calendar
    select row_number() over (order by month_start) - 1 as tenure_period
    from dates
    group by month_start

),

grid as (

    select
        segments.segment_dimension,
        segments.segment_key,
        cast(months.tenure_period as integer) as tenure_period
    from segments
    inner join months
        on segments.longest >= months.tenure_period

),

counted as (

    select
        grid.*,
        coalesce(cells.churned, 0) as churned,
        coalesce(cells.censored, 0) as censored,
        sum(coalesce(cells.churned + cells.censored, 0)) over (
            partition by grid.segment_dimension, grid.segment_key order by grid.tenure_period desc
            rows between unbounded preceding and current row
        ) as at_risk
    from grid
    left join cells
        on
            grid.segment_dimension = cells.segment_dimension
            and grid.segment_key = cells.segment_key
            and grid.tenure_period = cells.tenure_period

),

accumulated as (

    -- the product of (1 - hazard) by logarithms; where everyone left it is 0 from then on, and Greenwood's sum has no end
    select
        *,
        sum(
            case when churned < at_risk then ln(1 - churned / cast(at_risk as {{ type_double() }})) else 0 end
        ) over ({{ upto }}) as log_survival,
        max(case when churned = at_risk then 1 else 0 end) over ({{ upto }}) as has_ended,
        sum(
            case when churned < at_risk then churned / (cast(at_risk as {{ type_double() }}) * (at_risk - churned)) else 0 end
        ) over ({{ upto }}) as greenwood
    from counted

),

final as (

    -- the interval on the scale of log(-log S) stays within 0 and 1; before the first leaving there is none
    select
        segment_dimension,
        segment_key,
        tenure_period,
        cast(at_risk as bigint) as at_risk,
        cast(churned as bigint) as churned,
        cast(censored as bigint) as censored,
        {{ safe_divide('churned', 'at_risk') }} as hazard,
        case when has_ended = 1 then 0 else round(exp(log_survival), 12) end as survival,
        case
            when has_ended = 0 and log_survival < 0
                then round(exp(log_survival * exp(1.959963984540054 * sqrt(greenwood) / -log_survival)), 12)
        end as ci_low,
        case
            when has_ended = 0 and log_survival < 0
                then round(exp(log_survival * exp(-1.959963984540054 * sqrt(greenwood) / -log_survival)), 12)
        end as ci_high
    from accumulated

)

select * from final
