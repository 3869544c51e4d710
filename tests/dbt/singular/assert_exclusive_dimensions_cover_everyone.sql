{%- set entities = {
    'customer': (ref('int_customers_as_of'), ref('int_customer_segments'), customer_dimensions()),
    'account': (ref('int_accounts_as_of'), ref('int_account_segments'), account_dimensions()),
} -%}
with

membership as (

    select * from {{ ref('segment_membership') }}

),

known_segments as (

    select * from {{ ref('dim_segments') }} where retired_on is null

),

{% for entity, (as_of_states, segments, dimensions) in entities.items() -%}
{{ entity }}_as_of_states as (

    select
        as_of_date,
        count(*) as entities,
        max(case when is_current then 1 else 0 end) = 1 as is_current
    from {{ as_of_states }}
    group by as_of_date

),

{{ entity }}_segments as (

    select
        as_of_date,
        {% for dimension in dimensions -%}
        count({{ dimension }}) as with_{{ dimension }},
        {% endfor -%}
        count(*) as entities,
        count(distinct {{ entity }}_id) as distinct_entities
    from {{ segments }}
    group by as_of_date

),

{% endfor -%}
members as (

    select
        entity_type,
        dimension,
        count(distinct entity_id) as members
    from membership
    group by entity_type, dimension

),

members_expected as (

    -- firmographic segments are those of accounts; their customers have them from there
    {% for entity, (as_of_states, segments, dimensions) in entities.items() -%}
    {% set is_last_entity = loop.last -%}
    {% for dimension in dimensions if entity == 'account' or dimension not in account_dimensions() -%}
    select
        '{{ entity }}' as entity_type,
        '{{ dimension }}' as dimension,
        entities
    from {{ entity }}_as_of_states
    where is_current
    {% if not (is_last_entity and loop.last) %}union all{% endif %}
    {% endfor -%}
    {% endfor %}
),

final as (

    {% for entity, (as_of_states, segments, dimensions) in entities.items() -%}
    select
        '{{ entity }}' as entity_type,
        coalesce({{ entity }}_as_of_states.as_of_date, {{ entity }}_segments.as_of_date) as as_of_date,
        cast(null as {{ dbt.type_string() }}) as dimension,
        cast(null as {{ dbt.type_string() }}) as segment_key,
        'not each exactly once in every dimension' as failure
    from {{ entity }}_as_of_states
    full outer join {{ entity }}_segments
        on {{ entity }}_as_of_states.as_of_date = {{ entity }}_segments.as_of_date
    where
        coalesce({{ entity }}_as_of_states.entities, 0) <> coalesce({{ entity }}_segments.entities, 0)
        or {{ entity }}_segments.entities <> {{ entity }}_segments.distinct_entities
        {% for dimension in dimensions -%}
        or {{ entity }}_segments.entities <> {{ entity }}_segments.with_{{ dimension }}
        {% endfor -%}
    union all
    {% endfor -%}
    select
        members_expected.entity_type,
        cast(null as date) as as_of_date,
        members_expected.dimension,
        cast(null as {{ dbt.type_string() }}) as segment_key,
        'members are not all entities of today' as failure
    from members_expected
    left join members
        on
            members_expected.entity_type = members.entity_type
            and members_expected.dimension = members.dimension
    where members_expected.entities <> coalesce(members.members, 0)
    union all
    select distinct
        membership.entity_type,
        cast(null as date) as as_of_date,
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
