{#- Two sets, two dimensions: the parts of a dimension add up to `all`, and a segment without rows is still in the grid. -#}
with segment_sets as (
    select
        1 as segment_set_key,
        'all' as segment_dimension,
        'all' as segment_key
    union all
    select
        2 as segment_set_key,
        'all' as segment_dimension,
        'all' as segment_key
    union all
    select
        1 as segment_set_key,
        'rfm' as segment_dimension,
        'lost' as segment_key
    union all
    select
        2 as segment_set_key,
        'rfm' as segment_dimension,
        'champions' as segment_key
    union all
    select
        3 as segment_set_key,
        'rfm' as segment_dimension,
        'promising' as segment_key
),

facts as (
    select
        'month' as period_grain,
        1 as period_start,
        1 as segment_set_key,
        10 as customers,
        1.26 as revenue
    union all
    select
        'month' as period_grain,
        1 as period_start,
        1 as segment_set_key,
        5 as customers,
        1.20 as revenue
    union all
    select
        'month' as period_grain,
        1 as period_start,
        2 as segment_set_key,
        7 as customers,
        0.74 as revenue
),

summed as (
    {{ by_segment('facts', 'segment_sets', ['period_grain', 'period_start'], ['customers', 'revenue']) }}
),

periods as (
    select
        'month' as period_grain,
        1 as period_start,
        true as is_complete
    union all
    select
        'month' as period_grain,
        2 as period_start,
        false as is_complete
),

grid as (
    select
        periods.*,
        segments.segment_dimension,
        segments.segment_key
    from periods
    cross join (
        select distinct
            segment_sets.segment_dimension,
            segment_sets.segment_key
        from segment_sets
    ) as segments
),

laid_out as (
    {{ on_segment_grid('grid', 'summed', {'bigint': ['customers'], 'decimal(18, 1)': ['revenue']}) }}
),

expected as (
    select
        'all' as segment_dimension,
        'all' as segment_key,
        22 as customers
    union all
    select
        'rfm' as segment_dimension,
        'lost' as segment_key,
        15 as customers
    union all
    select
        'rfm' as segment_dimension,
        'champions' as segment_key,
        7 as customers
),

compared as (
    select
        coalesce(summed.segment_key, expected.segment_key) as segment_key,
        coalesce(summed.customers, -1) as actual,
        coalesce(expected.customers, -1) as expected_customers
    from summed
    full outer join expected
        on
            summed.segment_dimension = expected.segment_dimension
            and summed.segment_key = expected.segment_key
),

expected_on_grid as (
    select
        1 as period_start,
        'all' as segment_dimension,
        'all' as segment_key,
        22 as customers,
        3.2 as revenue
    union all
    select
        1 as period_start,
        'rfm' as segment_dimension,
        'lost' as segment_key,
        15 as customers,
        2.5 as revenue
    union all
    select
        1 as period_start,
        'rfm' as segment_dimension,
        'champions' as segment_key,
        7 as customers,
        0.7 as revenue
    union all
    select
        1 as period_start,
        'rfm' as segment_dimension,
        'promising' as segment_key,
        0 as customers,
        0.0 as revenue
    union all
    select
        2 as period_start,
        'all' as segment_dimension,
        'all' as segment_key,
        0 as customers,
        0.0 as revenue
    union all
    select
        2 as period_start,
        'rfm' as segment_dimension,
        'lost' as segment_key,
        0 as customers,
        0.0 as revenue
    union all
    select
        2 as period_start,
        'rfm' as segment_dimension,
        'champions' as segment_key,
        0 as customers,
        0.0 as revenue
    union all
    select
        2 as period_start,
        'rfm' as segment_dimension,
        'promising' as segment_key,
        0 as customers,
        0.0 as revenue
),

compared_on_grid as (
    select
        coalesce(laid_out.segment_key, expected_on_grid.segment_key) as segment_key,
        coalesce(
            laid_out.customers = expected_on_grid.customers
            and laid_out.revenue = expected_on_grid.revenue
            and laid_out.is_complete = (expected_on_grid.period_start = 1),
            false
        ) as is_same
    from laid_out
    full outer join expected_on_grid
        on
            laid_out.period_start = expected_on_grid.period_start
            and laid_out.segment_dimension = expected_on_grid.segment_dimension
            and laid_out.segment_key = expected_on_grid.segment_key
),

-- customers of the three facts in order: 5, 7, 10; of the lost: 5 and 10
medians as (
    {{ percentiles_by_segment('facts', 'segment_sets', ['period_grain', 'period_start'], 'customers', {'median': 0.5}, count='n') }}
),

failures as (
    select 'median of ' || segment_key as failure
    from medians
    where
        median is null
        or median <> case segment_key when 'lost' then 7.5 else 7 end
        or n <> case segment_key when 'all' then 3 when 'lost' then 2 else 1 end
    union all
    select 'medians' as failure
    from medians
    having count(*) <> 3
    union all
    select segment_key as failure
    from compared
    where actual <> expected_customers
    union all
    select 'on grid: ' || segment_key as failure
    from compared_on_grid
    where not is_same
)

select * from failures
