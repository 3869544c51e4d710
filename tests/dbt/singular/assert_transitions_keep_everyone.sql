{#-
    Nobody is lost on the way: of every dimension and month as many arrive as there are entities on its last day, those who end a month in a
    segment are those who begin the next one there, and a row of the matrix adds up to 1.
-#}
with

transitions as (

    select * from {{ ref('segment_transitions') }}

),

matrix as (

    select * from {{ ref('segment_transition_matrix') }} where months_ahead = 1

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain = 'month'

),

entities as (

    select
        'customer' as entity_type,
        as_of_date,
        count(*) as entities
    from {{ ref('int_customers_as_of') }}
    group by as_of_date
    union all
    select
        'account' as entity_type,
        as_of_date,
        count(*) as entities
    from {{ ref('int_accounts_as_of') }}
    group by as_of_date

),

sides as (

    select
        transitions.entity_type,
        transitions.dimension,
        transitions.to_segment_key as segment_key,
        periods.last_day as as_of_date,
        sum(transitions.entities) as ending,
        0 as beginning
    from transitions
    inner join periods
        on transitions.period_start = periods.period_start
    group by
        transitions.entity_type,
        transitions.dimension,
        transitions.to_segment_key,
        periods.last_day
    union all
    select
        transitions.entity_type,
        transitions.dimension,
        transitions.from_segment_key as segment_key,
        periods.segment_date as as_of_date,
        0 as ending,
        sum(transitions.entities) as beginning
    from transitions
    inner join periods
        on transitions.period_start = periods.period_start
    where transitions.from_segment_key <> 'not_yet_known'
    group by
        transitions.entity_type,
        transitions.dimension,
        transitions.from_segment_key,
        periods.segment_date

),

edges as (

    select
        dimension,
        min(as_of_date) as first_day,
        max(as_of_date) as last_day
    from sides
    group by dimension

),

chained as (

    select
        sides.dimension,
        sides.segment_key,
        sides.as_of_date,
        sum(sides.ending) as ending,
        sum(sides.beginning) as beginning
    from sides
    inner join edges
        on
            sides.dimension = edges.dimension
            and sides.as_of_date > edges.first_day
            and sides.as_of_date < edges.last_day
    group by sides.dimension, sides.segment_key, sides.as_of_date

),

arrived as (

    select
        entity_type,
        dimension,
        as_of_date,
        sum(ending) as ending
    from sides
    group by entity_type, dimension, as_of_date
    having sum(ending) > 0

),

final as (

    select
        dimension,
        segment_key,
        as_of_date,
        'who ends a month in it is not who begins the next there' as failure
    from chained
    where ending <> beginning
    union all
    select
        arrived.dimension,
        cast(null as {{ dbt.type_string() }}) as segment_key,
        arrived.as_of_date,
        'not everyone of the last day has arrived' as failure
    from arrived
    left join entities
        on
            arrived.entity_type = entities.entity_type
            and arrived.as_of_date = entities.as_of_date
    where arrived.ending <> coalesce(entities.entities, 0)
    union all
    select
        dimension,
        from_segment_key as segment_key,
        max(as_of_date) as as_of_date,
        'shares of the matrix do not add up to 1' as failure
    from matrix
    group by dimension, from_segment_key
    having abs(sum(share) - 1) > 0.000000000001

)

select * from final
