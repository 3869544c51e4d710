{#- In dimensions of customers alone, the historical value of a segment is the sum over the customers who were in it when the
    period began. -#}
with

segment_values as (

    select * from {{ ref('kpi_clv') }} where segment_key <> 'unknown'

),

lifetime_values as (

    select * from {{ ref('fct_customer_lifetime_value') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }}

),

account_dimensions as (

    select distinct segment_dimension from segment_sets where entity_type = 'account'

),

members as (

    select
        periods.period_grain,
        periods.period_start,
        segment_sets.segment_dimension,
        segment_sets.segment_key,
        sum(lifetime_values.historical_clv) as historical_clv
    from lifetime_values
    inner join periods
        on lifetime_values.as_of_date = periods.last_day
    inner join segments
        on
            lifetime_values.customer_id = segments.customer_id
            and periods.segment_date = segments.as_of_date
    inner join segment_sets
        on segments.segment_set_key = segment_sets.segment_set_key
    left join account_dimensions
        on segment_sets.segment_dimension = account_dimensions.segment_dimension
    where
        segment_sets.entity_type = 'customer'
        and account_dimensions.segment_dimension is null
    group by 1, 2, 3, 4

),

final as (

    select
        segment_values.period_grain,
        segment_values.period_start,
        segment_values.segment_dimension,
        segment_values.segment_key,
        segment_values.historical_clv,
        members.historical_clv as historical_clv_of_members
    from segment_values
    inner join members
        on {{ same_segment_period('segment_values', 'members') }}
    where segment_values.historical_clv <> members.historical_clv

)

select * from final
