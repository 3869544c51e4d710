{#-
    Fixtures as queries: each is a literal row of typed features, on 31 January 2026, that the compiled rule judges. What it leaves out is missing.
-#}

{% macro fixture_columns(dimension, segment, given) %}
    {#- Name to literal of every column that the rules read. -#}
    {%- set where = segment_where(dimension, segment) -%}
    {%- set types = feature_types(dimension.entity) -%}
    {%- set fixture = {'id': 'of a fixture'} -%}
    {%- set columns = {'as_of_date': "cast('2026-01-31' as date)"} -%}
    {%- for leaf in segment_leaves(segment.rules) -%}
        {%- if leaf.op == 'percentile_gte' -%}
            {%- set value = given.get(percentile_column(leaf)) -%}
            {%- do columns.update({percentile_column(leaf): 'cast(' ~ ('null' if value is none else segment_value(value, 'double', where, fixture)) ~ ' as ' ~ type_double() ~ ')'}) -%}
        {%- elif leaf.op == 'member_of' -%}
            {%- set name = segment_condition(leaf, dimension.entity, where).split(' ')[0] -%}
            {%- set value = given.get(name, false if name.startswith('in_') else 'unknown') -%}
            {%- do columns.update({name: segment_value(value, 'boolean' if name.startswith('in_') else 'string', where, fixture)}) -%}
        {%- elif 'rule' in leaf -%}
            {%- do columns.update(fixture_customers(dimension, segment, leaf, given.get('customers', []))) -%}
        {%- elif leaf.feature in types -%}
            {%- set value = given.get(leaf.feature) -%}
            {%- set type = types[leaf.feature] -%}
            {%- do columns.update({leaf.feature: 'cast(' ~ ('null' if value is none else segment_value(value, type, where, fixture)) ~ ' as ' ~ type_of(type) ~ ')'}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name in given if name not in columns and name not in types and name != 'customers' -%}
        {{ exceptions.raise_compiler_error(where ~ ": a fixture gives '" ~ name ~ "', which is no feature and is read by no rule") }}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}

{% macro fixture_customers(dimension, segment, leaf, customers) %}
    {#- The counts of the fixture's customers by what the rule says of them. -#}
    {%- set where = segment_where(dimension, segment) -%}
    {%- set condition = segment_condition(leaf.rule, 'customer', where) -%}
    {%- set sums = {'passed': [], 'failed': [], 'unknown': []} -%}
    {%- for customer in customers -%}
        {%- set columns = fixture_columns({'model': dimension.model, 'entity': 'customer'}, {'key': segment.key, 'rules': leaf.rule}, customer) -%}
        {%- set fields = [] -%}
        {%- for name, literal in columns.items() -%}
            {%- do fields.append(literal ~ ' as ' ~ name) -%}
        {%- endfor -%}
        {%- for kind, test in {'passed': condition, 'failed': 'not ' ~ condition, 'unknown': condition ~ ' is null'}.items() -%}
            {%- do sums[kind].append('(select case when ' ~ test ~ ' then 1 else 0 end from (select ' ~ fields | join(', ') ~ ') as c)') -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set counts = {} -%}
    {%- for kind, terms in sums.items() -%}
        {%- do counts.update({customers_column(leaf) ~ '_' ~ kind: terms | join(' + ') if terms else '0'}) -%}
    {%- endfor -%}
    {{ return(counts) }}
{% endmacro %}

{% macro fixture_judged(dimension, segment, fixture) %}
    {#- A query of one row: what the rule says, and whether the leaf named by `because` speaks for it. -#}
    {%- set where = segment_where(dimension, segment) -%}
    {%- set named = [] -%}
    {%- for leaf in segment_leaves(segment.rules) if leaf.get('id') == fixture.get('because') -%}
        {%- do named.append(('not ' if leaf.is_negated else '') ~ leaf_condition(leaf, dimension.entity, where)) -%}
    {%- endfor -%}
    {%- set fields = [] -%}
    {%- for name, literal in fixture_columns(dimension, segment, fixture.given).items() -%}
        {%- do fields.append(literal ~ ' as ' ~ name) -%}
    {%- endfor -%}
    {%- set condition = segment_condition(segment.rules, dimension.entity, where) %}
    select
        {{ text_literal(dimension.model ~ ', ' ~ segment.key ~ ', ' ~ tojson(fixture.given, sort_keys=true)) }} as fixture,
        {{ text_literal(fixture.expect) }} as expected,
        case when {{ condition }} then 'in' when not {{ condition }} then 'out' else 'unknown' end as result,
        {% if fixture.get('because') and not named -%}
        'there is no such rule'
        {%- elif fixture.get('because') -%}
        case when {{ named | join(' and ') }} then 'in' when not ({{ named | join(' and ') }}) then 'out' else 'unknown' end
        {%- else -%}
        cast(null as {{ dbt.type_string() }})
        {%- endif %} as result_of_because
    from (select {{ fields | join(', ') }}) as given
{%- endmacro %}
