with

customers as (

    select * from {{ ref('int_customer_segments') }}

),

accounts as (

    select * from {{ ref('int_account_segments') }}

),

definitions as (

    select * from {{ ref('dimension_definitions') }} where retired_on is not null

),

replaced as (

    select
        dimension,
        state,
        lag(retired_on) over (partition by dimension order by retired_on) as in_force_from,
        retired_on
    from definitions

),

segment_sets as (

--% for entity, states in replaced.items()
--% for state in states
    select distinct
        '[[ entity ]]' as entity_type,
        segment_set_key,
        '[[ state ]]' as state,
        [[ state ]] as segment_key
    from [[ entity ]]s
    union all
    select
        '[[ entity ]]' as entity_type,
        0 as segment_set_key,
        '[[ state ]]' as state,
        'unknown' as segment_key
    union all
--% endfor
--% endfor
    -- [[ 'and of no other definition' if replaced.customer else 'no definition of a dimension that KPIs are broken down by was replaced' ]]
    select
        'customer' as entity_type,
        segment_set_key,
        '' as state,
        '' as segment_key
    from customers
    where 1 = 0
    union all
    select
        'account' as entity_type,
        segment_set_key,
        '' as state,
        '' as segment_key
    from accounts
    where 1 = 0

),

final as (

    select
        segment_sets.entity_type,
        segment_sets.segment_set_key,
        replaced.dimension as segment_dimension,
        segment_sets.segment_key,
        replaced.in_force_from,
        replaced.retired_on
    from segment_sets
    inner join replaced
        on segment_sets.state = replaced.state

)

select * from final
