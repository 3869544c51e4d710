{#-
    The compiler: rules to predicates over the columns of the feature catalogue. SQL's own logic is three-valued, so a predicate is true
    (pass), false (fail) or NULL (unknown: something it reads is missing).
-#}

{% macro feature_types(entity) %}
    {#- Name to declared type of every feature: the columns of the catalogue's mart. -#}
    {%- set types = {} -%}
    {%- for node in project_graph().values() if node.resource_type == 'model' and node.name == entity ~ '_features' -%}
        {%- for column in node.columns.values() -%}
            {%- do types.update({column.name: column.data_type}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(types) }}
{% endmacro %}

{% macro segment_error(where, leaf, problem) %}
    {{ exceptions.raise_compiler_error(where ~ ', rule ' ~ leaf.get('id', '?') ~ ': ' ~ problem) }}
{% endmacro %}

{% macro segment_value(value, type, where, leaf) %}
    {#- A literal of the feature's type. Values are data: whatever a text holds, it stays one text. -#}
    {%- set re = modules.re -%}
    {%- if value is none -%}
        {{ return(segment_error(where, leaf, 'has no value')) }}
    {%- elif type == 'boolean' -%}
        {%- if value is not boolean -%}
            {{ return(segment_error(where, leaf, "'" ~ value ~ "' is not true or false")) }}
        {%- endif -%}
        {{ return('true' if value else 'false') }}
    {%- elif type == 'date' -%}
        {%- if not re.match('^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$', value | string) -%}
            {{ return(segment_error(where, leaf, "'" ~ value ~ "' is not a date like 2026-03-31")) }}
        {%- endif -%}
        {{ return("cast('" ~ value ~ "' as date)") }}
    {%- elif type == 'string' -%}
        {%- if value is not string -%}
            {{ return(segment_error(where, leaf, "'" ~ value ~ "' is not a text: quote it")) }}
        {%- endif -%}
        {{ return(text_literal(value)) }}
    {%- else -%}
        {%- if value is boolean or value is not number -%}
            {{ return(segment_error(where, leaf, "'" ~ value ~ "' is not a number")) }}
        {%- endif -%}
        {{ return(value | string) }}
    {%- endif -%}
{% endmacro %}

{% macro segment_values(values, type, where, leaf) %}
    {%- if values is string or values is mapping or values is not iterable or values | length == 0 -%}
        {{ return(segment_error(where, leaf, 'takes a list of values')) }}
    {%- endif -%}
    {%- set literals = [] -%}
    {%- for value in values -%}
        {%- do literals.append(segment_value(value, type, where, leaf)) -%}
    {%- endfor -%}
    {{ return(literals) }}
{% endmacro %}

{% macro percentile_column(leaf) %}
    {#- Column that holds the feature's percentile among those of the same as-of date and `within`. -#}
    {%- set within = leaf.get('within') or [] -%}
    {%- set within = [within] if within is string else within -%}
    {{ return((['percentile', leaf.feature] + (['by'] + within if within else [])) | join('__')) }}
{% endmacro %}

{% macro customers_column(leaf) %}
    {#- Prefix of the columns that count an account's customers by what the rule says of them. -#}
    {{ return('customers__' ~ local_md5(tojson(leaf.rule, sort_keys=true))[:12]) }}
{% endmacro %}

{% macro segment_condition(node, entity, where) %}
    {%- set groups = {'all': ' and ', 'any': ' or ', 'none': ' or '} -%}
    {%- if node is mapping and (node.keys() | select('in', groups) | list) -%}
        {%- set parts = [] -%}
        {%- for name, joint in groups.items() if name in node -%}
            {%- set members = [] -%}
            {%- for member in node[name] -%}
                {%- do members.append(segment_condition(member, entity, where)) -%}
            {%- endfor -%}
            {%- if not members -%}
                {{ exceptions.raise_compiler_error(where ~ ': `' ~ name ~ '` is empty') }}
            {%- endif -%}
            {%- do parts.append(('not ' if name == 'none' else '') ~ '(' ~ members | join(joint) ~ ')') -%}
        {%- endfor -%}
        {{ return('(' ~ parts | join(' and ') ~ ')') }}
    {%- elif node is mapping and node -%}
        {{ return(leaf_condition(node, entity, where)) }}
    {%- else -%}
        {{ exceptions.raise_compiler_error(where ~ ': has no rules') }}
    {%- endif -%}
{% endmacro %}

{% macro leaf_condition(leaf, entity, where) %}
    {%- set op = leaf.get('op') -%}
    {%- set signs = {'eq': '=', 'neq': '<>', 'gt': '>', 'gte': '>=', 'lt': '<', 'lte': '<='} -%}
    {%- if op == 'member_of' -%}
        {{ return(membership_condition(leaf, entity, where)) }}
    {%- elif op in ['any_of', 'all_of', 'none_of', 'share_gte'] -%}
        {{ return(customers_condition(leaf, entity, where)) }}
    {%- endif -%}
    {%- set feature = leaf.get('feature') -%}
    {%- set type = feature_types(entity).get(feature) -%}
    {%- if type is none -%}
        {{ return(segment_error(where, leaf, "there is no feature '" ~ feature ~ "' in " ~ entity ~ '_features')) }}
    {%- endif -%}
    {%- if op in signs -%}
        {%- if type in ['boolean', 'string'] and op not in ['eq', 'neq'] -%}
            {{ return(segment_error(where, leaf, op ~ ' does not fit ' ~ feature ~ ', which is a ' ~ type)) }}
        {%- endif -%}
        {{ return(feature ~ ' ' ~ signs[op] ~ ' ' ~ segment_value(leaf.get('value'), type, where, leaf)) }}
    {%- elif op in ['in', 'not_in'] -%}
        {%- set values = segment_values(leaf.get('value'), type, where, leaf) -%}
        {{ return(feature ~ (' not in (' if op == 'not_in' else ' in (') ~ values | join(', ') ~ ')') }}
    {%- elif op == 'between' -%}
        {%- set values = segment_values(leaf.get('value'), type, where, leaf) -%}
        {%- if values | length != 2 or type in ['boolean', 'string'] -%}
            {{ return(segment_error(where, leaf, 'between takes [lowest, highest] of a number or date')) }}
        {%- endif -%}
        {{ return(feature ~ ' between ' ~ values[0] ~ ' and ' ~ values[1]) }}
    {%- elif op in ['is_null', 'not_null'] -%}
        {{ return(feature ~ (' is null' if op == 'is_null' else ' is not null')) }}
    {%- elif op in ['days_since_gte', 'days_since_lte'] -%}
        {%- if type != 'date' -%}
            {{ return(segment_error(where, leaf, op ~ ' takes a date; ' ~ feature ~ ' is a ' ~ type)) }}
        {%- endif -%}
        {%- set days = segment_value(leaf.get('value'), 'integer', where, leaf) -%}
        {{ return(days_between(feature, 'as_of_date') | trim ~ (' >= ' if op == 'days_since_gte' else ' <= ') ~ days) }}
    {%- elif op == 'percentile_gte' -%}
        {{ return(percentile_column(leaf) ~ ' >= ' ~ segment_value(leaf.get('value'), 'double', where, leaf)) }}
    {%- else -%}
        {{ return(segment_error(where, leaf, "there is no operator '" ~ op ~ "'")) }}
    {%- endif -%}
{% endmacro %}

{% macro membership_condition(leaf, entity, where) %}
    {#- Another segment as it stands in the columns of the layer before: `dimension.segment`, of an audience `audience.audience`. -#}
    {%- set parts = (leaf.get('value') | string).split('.') -%}
    {%- set found = segment_dimensions() | selectattr('dimension', 'equalto', parts[0]) | list -%}
    {%- set keys = found | map(attribute='segments') | sum(start=[]) | map(attribute='key') | list + ['unknown'] -%}
    {%- if parts | length != 2 or not found or parts[1] not in keys -%}
        {{ return(segment_error(where, leaf, "there is no segment '" ~ leaf.get('value') ~ "' (write dimension.segment)")) }}
    {%- elif found[0].entity != entity and not (entity == 'customer' and found[0].exclusive) -%}
        {{ return(segment_error(where, leaf, "'" ~ leaf.value ~ "' is a segment of " ~ found[0].entity ~ 's')) }}
    {%- elif found[0].exclusive -%}
        {{ return(parts[0] ~ ' = ' ~ text_literal(parts[1])) }}
    {%- else -%}
        {{ return('in_' ~ parts[0]) }}
    {%- endif -%}
{% endmacro %}

{% macro customers_condition(leaf, entity, where) %}
    {#- Of the customers of an account; those of whom the rule says unknown leave open what they could turn. -#}
    {%- if entity != 'account' -%}
        {{ return(segment_error(where, leaf, leaf.op ~ ' is for accounts: it looks at their customers')) }}
    {%- endif -%}
    {%- set column = customers_column(leaf) -%}
    {%- set passed, failed, open = column ~ '_passed', column ~ '_failed', column ~ '_unknown' -%}
    {%- set any = 'case when ' ~ passed ~ ' > 0 then true when ' ~ open ~ ' = 0 then false end' -%}
    {%- if leaf.op == 'any_of' -%}
        {{ return('(' ~ any ~ ')') }}
    {%- elif leaf.op == 'none_of' -%}
        {{ return('(not ' ~ any ~ ')') }}
    {%- elif leaf.op == 'all_of' -%}
        {{ return('(case when ' ~ failed ~ ' > 0 then false when ' ~ open ~ ' = 0 and ' ~ passed ~ ' > 0 then true end)') }}
    {%- else -%}
        {%- set share = segment_value(leaf.get('value'), 'double', where, leaf) -%}
        {{ return('(' ~ passed ~ ' >= ' ~ share ~ ' * nullif(' ~ passed ~ ' + ' ~ failed ~ ', 0))') }}
    {%- endif -%}
{% endmacro %}
