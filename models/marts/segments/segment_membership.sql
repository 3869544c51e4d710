{%- set entities = {
    'customer': (ref('int_customer_segments'), 'customer_id', 'customer_key', customer_dimensions() | reject('in', account_dimensions()) | list),
    'account': (ref('int_account_segments'), 'account_id', 'account_id', account_dimensions()),
} -%}
with

snapshots as (

    select * from {{ ref('int_snapshots') }}

),

definitions as (

    {% for definition in segment_definitions() -%}
    select
        '{{ definition.dimension }}' as dimension,
        {{ definition.version }} as definition_version,
        '{{ definition.hash }}' as definition_hash
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

{% for entity, (relation, id, key, dimensions) in entities.items() -%}
{{ entity }}_segments as (

    select * from {{ relation }}

),

{{ entity }}_left as (

    -- the last as-of date on which the entity was elsewhere, for every dimension in one pass
    select
        now.{{ id }} as entity_id,
        now.as_of_date,
        {% for dimension in dimensions -%}
        now.{{ dimension }},
        max(case when history.{{ dimension }} <> now.{{ dimension }} then history.as_of_date end) as left_{{ dimension }}_on,
        {% endfor -%}
        min(history.as_of_date) as first_as_of_date
    from {{ entity }}_segments as now
    inner join {{ entity }}_segments as history
        on now.{{ key }} = history.{{ key }}
    where now.is_current
    group by
        now.{{ id }},
        now.as_of_date,
        now.{{ dimensions | join(',\n        now.') }}

),

{% endfor -%}
memberships as (

    {% for entity, (relation, id, key, dimensions) in entities.items() -%}
    {% set is_last_entity = loop.last -%}
    {% for dimension in dimensions -%}
    select
        '{{ entity }}' as entity_type,
        entity_id,
        '{{ dimension }}' as dimension,
        {{ dimension }} as segment_key,
        as_of_date,
        left_{{ dimension }}_on as left_on,
        first_as_of_date
    from {{ entity }}_left
    {% if not (is_last_entity and loop.last) %}union all{% endif %}
    {% endfor -%}
    {% endfor %}
),

final as (

    select
        memberships.entity_type,
        memberships.entity_id,
        memberships.dimension,
        memberships.segment_key,
        memberships.as_of_date,
        coalesce(snapshots.as_of_date, memberships.first_as_of_date) as entered_on,
        definitions.definition_version,
        definitions.definition_hash
    from memberships
    inner join definitions
        on memberships.dimension = definitions.dimension
    left join snapshots
        on memberships.left_on = snapshots.previous_as_of_date

)

select * from final
