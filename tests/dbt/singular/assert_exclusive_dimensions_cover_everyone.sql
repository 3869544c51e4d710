with

customers_as_of as (

    select * from {{ ref('int_customers_as_of') }}

),

accounts_as_of as (

    select * from {{ ref('int_accounts_as_of') }}

),

customer_segments as (

    select * from {{ ref('int_customer_segments') }}

),

account_segments as (

    select * from {{ ref('int_account_segments') }}

),

membership as (

    select * from {{ ref('segment_membership') }}

),

definitions as (

    select * from {{ ref('dimension_definitions') }} where retired_on is null and is_exclusive

),

known_segments as (

    select * from {{ ref('dim_segments') }} where retired_on is null

),

expected as (

    select
        'customer' as entity_type,
        as_of_date,
        count(*) as entities,
        max(case when is_current then 1 else 0 end) as is_current
    from customers_as_of
    group by as_of_date
    union all
    select
        'account' as entity_type,
        as_of_date,
        count(*) as entities,
        max(case when is_current then 1 else 0 end) as is_current
    from accounts_as_of
    group by as_of_date

),

segmented as (

    select
        'customer' as entity_type,
        as_of_date,
        count(*) as entities,
        count(distinct customer_id) as distinct_entities
    from customer_segments
    group by as_of_date
    union all
    select
        'account' as entity_type,
        as_of_date,
        count(*) as entities,
        count(distinct account_id) as distinct_entities
    from account_segments
    group by as_of_date

),

members as (

    select
        entity_type,
        dimension,
        count(distinct entity_id) as members
    from membership
    where segment_key is not null
    group by entity_type, dimension

),

final as (

    select
        coalesce(expected.entity_type, segmented.entity_type) as entity_type,
        cast(null as {{ dbt.type_string() }}) as dimension,
        cast(null as {{ dbt.type_string() }}) as segment_key,
        'not each exactly once on every date' as failure
    from expected
    full outer join segmented
        on
            expected.entity_type = segmented.entity_type
            and expected.as_of_date = segmented.as_of_date
    where
        coalesce(expected.entities, 0) <> coalesce(segmented.entities, 0)
        or segmented.entities <> segmented.distinct_entities
    union all
    -- firmographic segments are those of accounts; their customers have them from there
    select
        definitions.entity_type,
        definitions.dimension,
        cast(null as {{ dbt.type_string() }}) as segment_key,
        'members are not all entities of today' as failure
    from definitions
    inner join expected
        on
            definitions.entity_type = expected.entity_type
            and expected.is_current = 1
    left join members
        on
            definitions.entity_type = members.entity_type
            and definitions.dimension = members.dimension
    where expected.entities <> coalesce(members.members, 0)
    union all
    select distinct
        membership.entity_type,
        membership.dimension,
        membership.segment_key,
        'segment is not in dim_segments' as failure
    from membership
    left join known_segments
        on
            membership.dimension = known_segments.dimension
            and membership.segment_key = known_segments.segment_key
    where known_segments.segment_key is null

)

select * from final
