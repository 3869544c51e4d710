{#- Each rule of each segment, said of each entity: the same predicates that decide membership, one leaf at a time. -#}

{% macro explained_value(leaf, entity) %}
    {#- What the rule looks at, and how far that is from the nearest threshold where both are numbers or days. -#}
    {%- set seen = leaf.feature -%}
    {%- set measured = none -%}
    {%- if leaf.op == 'percentile_gte' -%}
        {%- set seen = percentile_column(leaf) -%}
        {%- set measured = seen -%}
    {%- elif leaf.op == 'member_of' -%}
        {%- set seen = membership_condition(leaf, entity, 'explanation').split(' ')[0] -%}
    {%- elif 'rule' in leaf -%}
        {%- set seen = customers_column(leaf) ~ '_passed' -%}
    {%- elif leaf.op in ['days_since_gte', 'days_since_lte'] -%}
        {%- set measured = days_between(leaf.feature, 'as_of_date') | trim -%}
    {%- elif leaf.op in ['gt', 'gte', 'lt', 'lte', 'eq', 'between'] -%}
        {%- set measured = leaf.feature if feature_types(entity)[leaf.feature] not in ['string', 'boolean'] -%}
    {%- endif -%}
    {%- set distances = [] -%}
    {%- for bound in (leaf.value if leaf.op == 'between' else [leaf.value]) if measured -%}
        {%- if measured == seen and feature_types(entity).get(seen) == 'date' -%}
            {%- do distances.append('abs(' ~ days_between(segment_value(bound, 'date', 'explanation', leaf), seen) | trim ~ ')') -%}
        {%- else -%}
            {%- do distances.append('abs(cast(' ~ measured ~ ' as ' ~ type_double() ~ ') - ' ~ segment_value(bound, 'double', 'explanation', leaf) ~ ')') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set distance = none if not distances else distances[0] if distances | length == 1 else 'least(' ~ distances | join(', ') ~ ')' -%}
    {{ return({'seen': seen, 'distance': distance}) }}
{% endmacro %}

{% macro explained_rules(entity, relation) %}
    {%- for dimension in segment_dimensions() if dimension.entity == entity and not dimension.hand_written -%}
    {%- for segment in dimension.segments -%}
    {%- set where = segment_where(dimension, segment) -%}
    {%- set whole = segment_condition(segment.rules, entity, where) -%}
    {%- set priority = loop.index -%}
    {%- for leaf in segment_leaves(segment.rules) -%}
    {%- set condition = leaf_condition(leaf, entity, where) -%}
    {%- set value = explained_value(leaf, entity) %}
    select
        '{{ entity }}' as entity_type,
        {{ entity }}_id as entity_id,
        '{{ dimension.dimension }}' as dimension,
        {{ text_literal(segment.key) }} as segment_key,
        {{ priority }} as priority,
        {{ text_literal(leaf.get('id', loop.index)) }} as rule_id,
        {{ text_literal(leaf_text(leaf)) }} as rule_text,
        {{ 'true' if leaf.is_negated else 'false' }} as is_negated,
        cast({{ value.seen }} as {{ dbt.type_string() }}) as value_seen,
        {{ text_literal(leaf.get('value')) if leaf.get('value') is not none else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as threshold,
        case when {{ condition }} then 'pass' when not {{ condition }} then 'fail' else 'unknown' end as result,
        cast({{ value.distance or 'null' }} as {{ type_double() }}) as distance,
        case when {{ whole }} then 'pass' when not {{ whole }} then 'fail' else 'unknown' end as segment_result,
        {{ 'true' if is_steady(segment) else 'false' }} as is_steady,
        {% if dimension.exclusive -%}
        {{ dimension.dimension }} = {{ text_literal(segment.key) }} as is_member,
        {%- else -%}
        in_{{ dimension.dimension }} as is_member,
        {%- endif %}
        as_of_date
    from {{ relation }}
    union all
    {%- endfor -%}
    {%- endfor -%}
    {%- endfor -%}
{% endmacro %}
