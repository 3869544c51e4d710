{#- Each rule of each segment, said of each entity: the same predicates that decide membership, one leaf at a time. -#}

{% macro explained_value(leaf, entity) %}
    {#- Number or text that the rule compares, and how it differs from the threshold where that is a number. -#}
    {%- set numbers = ['gt', 'gte', 'lt', 'lte', 'eq'] -%}
    {%- set types = feature_types(entity) -%}
    {%- if leaf.op == 'percentile_gte' -%}
        {{ return({'seen': percentile_column(leaf), 'measured': percentile_column(leaf)}) }}
    {%- elif leaf.op == 'member_of' -%}
        {{ return({'seen': membership_condition(leaf, entity, 'explanation').split(' ')[0], 'measured': none}) }}
    {%- elif 'rule' in leaf -%}
        {{ return({'seen': customers_column(leaf) ~ '_passed', 'measured': none}) }}
    {%- elif leaf.op in ['days_since_gte', 'days_since_lte'] -%}
        {{ return({'seen': leaf.feature, 'measured': days_between(leaf.feature, 'as_of_date') | trim}) }}
    {%- endif -%}
    {%- set is_number = leaf.op in numbers and types[leaf.feature] not in ['string', 'boolean', 'date'] -%}
    {{ return({'seen': leaf.feature, 'measured': leaf.feature if is_number else none}) }}
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
        {% if value.measured -%}
        abs(cast({{ value.measured }} as double) - {{ leaf.value }}) as distance,
        {%- else -%}
        cast(null as double) as distance,
        {%- endif %}
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
