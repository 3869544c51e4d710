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
        1 as segment_set_key,
        10 as customers
    union all
    select
        'month' as period_grain,
        1 as segment_set_key,
        5 as customers
    union all
    select
        'month' as period_grain,
        2 as segment_set_key,
        7 as customers
),

summed as (
    {{ by_segment('facts', ['period_grain'], ['customers']) }}
),

periods as (
    select 'month' as period_grain
),

grid as (
    {{ segment_grid('periods') }}
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

failures as (
    select segment_key as failure
    from compared
    where actual <> expected_customers
    union all
    select 'grid' as failure
    from grid
    having
        count(*) <> 4
        or count(distinct segment_key) <> 4
        or sum(case when period_grain = 'month' and segment_key = 'promising' then 1 else 0 end) <> 1
)

select * from failures
