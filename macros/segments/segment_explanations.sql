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
    {%- set is_double = leaf.op == 'percentile_gte' or feature_types(entity).get(seen) == 'double' -%}
    {{ return({'seen': seen, 'distance': distance, 'is_double': is_double}) }}
{% endmacro %}

{% macro explained_rules(entity) %}
    {#- What is said of each rule, in SQL: literals under the names of `rule_literals`, and what depends on the entity. -#}
    {%- set rules = [] -%}
    {%- for dimension in segment_dimensions() if dimension.entity == entity and not dimension.hand_written -%}
    {%- for segment in dimension.segments -%}
    {%- set where = segment_where(dimension, segment) -%}
    {%- set priority = loop.index -%}
    {%- for leaf in segment_leaves(segment.rules) -%}
    {%- set value = explained_value(leaf, entity) -%}
    {%- do rules.append({
        'dimension': text_literal(dimension.dimension),
        'segment_key': text_literal(segment.key),
        'priority': priority,
        'rule_id': text_literal(leaf.get('id', loop.index)),
        'rule_text': text_literal(leaf_text(leaf)),
        'is_negated': 'true' if leaf.is_negated else 'false',
        'threshold': text_literal(leaf.get('value')) if leaf.get('value') is not none else 'null',
        'is_steady': 'true' if is_steady(segment) else 'false',
        'value_seen': double_text(value.seen) | trim if value.is_double else 'cast(' ~ value.seen ~ ' as ' ~ dbt.type_string() ~ ')',
        'distance': value.distance or 'null',
        'condition': leaf_condition(leaf, entity, where),
        'segment_condition': segment_condition(segment.rules, entity, where),
        'is_member': dimension.dimension ~ ' = ' ~ text_literal(segment.key) if dimension.exclusive else 'in_' ~ dimension.dimension,
    }) -%}
    {%- endfor -%}
    {%- endfor -%}
    {%- endfor -%}
    {{ return(rules) }}
{% endmacro %}

{% macro rule_literals(rules) %}
    {#- A row per rule, numbered from 1. -#}
    {%- set types = {
        'dimension': dbt.type_string(), 'segment_key': dbt.type_string(), 'priority': 'integer', 'rule_id': dbt.type_string(),
        'rule_text': dbt.type_string(), 'is_negated': 'boolean', 'threshold': dbt.type_string(), 'is_steady': 'boolean',
    } -%}
    {%- for rule in rules %}
    select
        {%- for name, type in types.items() %}
        cast({{ rule[name] }} as {{ type }}) as {{ name }},
        {%- endfor %}
        {{ loop.index }} as rule_number
    union all
    {%- endfor %}
    select
        {%- for name, type in types.items() %}
        cast(null as {{ type }}) as {{ name }},
        {%- endfor %}
        0 as rule_number
    from (select 1 as one) as one_row
    where 1 = 0
{% endmacro %}

{% macro by_rule(rules, name, type) -%}
    {%- set results = {} -%}
    {%- for rule in rules -%}
        {%- do results.update({loop.index: rule[name]}) -%}
    {%- endfor -%}
    {{ case_of('rule_number', results, type) }}
{%- endmacro %}

{% macro outcome(truth) -%}
    case when {{ truth }} then 'pass' when not {{ truth }} then 'fail' else 'unknown' end
{%- endmacro %}
