{#- The rules in words, for people who do not read YAML. -#}

{% macro segment_rule_text(segment) %}
    {%- if not segment.get('rules') -%}
        {{ return(segment.get('description', '')) }}
    {%- endif -%}
    {%- set parts = [condition_text(segment.rules)] -%}
    {%- if segment.get('enter_after_days') -%}
        {%- do parts.append('taken in after ' ~ segment.enter_after_days ~ ' days') -%}
    {%- endif -%}
    {%- if segment.get('exit_after_days') -%}
        {%- do parts.append('let go after ' ~ segment.exit_after_days ~ ' days') -%}
    {%- endif -%}
    {{ return(parts | join('; ')) }}
{% endmacro %}

{% macro condition_text(node) %}
    {%- if not (node.keys() | select('in', ['all', 'any', 'none']) | list) -%}
        {{ return(leaf_text(node)) }}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- for name, joint in {'all': ' and ', 'any': ' or ', 'none': ' or '}.items() if name in node -%}
        {%- set texts = [] -%}
        {%- for member in node[name] -%}
            {%- do texts.append(condition_text(member)) -%}
        {%- endfor -%}
        {%- set text = texts | join(joint) -%}
        {%- set text = '(' ~ text ~ ')' if texts | length > 1 and (name != 'all' or node | length > 1) else text -%}
        {%- do parts.append(('not ' if name == 'none' else '') ~ text) -%}
    {%- endfor -%}
    {{ return(parts | join(' and ')) }}
{% endmacro %}

{% macro leaf_text(leaf) %}
    {%- set verbs = {
        'eq': 'is', 'neq': 'is not', 'gt': 'is above', 'gte': 'is at least', 'lt': 'is below', 'lte': 'is at most', 'in': 'is one of',
        'not_in': 'is none of', 'is_null': 'is not known', 'not_null': 'is known', 'between': 'is between',
    } -%}
    {%- set feature = (leaf.get('feature') or '') | replace('_', ' ') -%}
    {%- set value = leaf.get('value') -%}
    {%- set value = value | join(' and ' if leaf.op == 'between' else ', ') if value is iterable and value is not string else value -%}
    {%- set value = {true: 'true', false: 'false'}[value] if value is boolean else value -%}
    {%- if leaf.op in ['is_null', 'not_null'] -%}
        {{ return(feature ~ ' ' ~ verbs[leaf.op]) }}
    {%- elif leaf.op in verbs -%}
        {{ return(feature ~ ' ' ~ verbs[leaf.op] ~ ' ' ~ value) }}
    {%- elif leaf.op in ['days_since_gte', 'days_since_lte'] -%}
        {{ return(feature ~ ' was at ' ~ ('least ' if leaf.op == 'days_since_gte' else 'most ') ~ value ~ ' days ago') }}
    {%- elif leaf.op == 'percentile_gte' -%}
        {%- set within = leaf.get('within') or [] -%}
        {%- set within = [within] if within is string else within -%}
        {{ return(feature ~ ' is at or above the percentile ' ~ value
            ~ ((' among those of the same ' ~ within | join(' and ') | replace('_', ' ')) if within else '')) }}
    {%- elif leaf.op == 'member_of' -%}
        {{ return('in the segment ' ~ value) }}
    {%- else -%}
        {%- set who = {'any_of': 'any customer', 'all_of': 'every customer', 'none_of': 'no customer'} -%}
        {{ return('of ' ~ who.get(leaf.op, 'at least a share ' ~ value ~ ' of the customers') ~ ': ' ~ condition_text(leaf.rule)) }}
    {%- endif -%}
{% endmacro %}
