{#-
    One scan for all rules of an entity: CTEs over a relation of features, the last one named `segmented`, which adds a column per
    exclusive dimension and a column `in_<audience>` per audience. Segments that are members of others come in a later layer.
-#}

{% macro segment_leaves(node, is_negated=false) %}
    {#- All leaves of a rule tree, in order, each with whether it stands below an odd number of `none`. -#}
    {%- set leaves = [] -%}
    {%- if node is mapping and (node.keys() | select('in', ['all', 'any', 'none']) | list) -%}
        {%- for name in ['all', 'any', 'none'] if name in node -%}
            {%- for member in node[name] -%}
                {%- do leaves.extend(segment_leaves(member, is_negated != (name == 'none'))) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- elif node is mapping and node -%}
        {%- do leaves.append(dict(node, is_negated=is_negated)) -%}
    {%- endif -%}
    {{ return(leaves) }}
{% endmacro %}

{% macro ruled_dimensions(entity) %}
    {#- Dimensions and audiences of an entity that rules decide, under the definitions of today and the older ones. -#}
    {%- set found = [] -%}
    {%- for dimension in segment_dimensions() + retired_dimensions() if dimension.entity == entity and not dimension.hand_written -%}
        {%- do found.append(dimension) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{% macro dimension_leaves(dimensions) %}
    {#- All leaves of all rules of these dimensions. -#}
    {%- set leaves = [] -%}
    {%- for dimension in dimensions -%}
        {%- for segment in dimension.segments -%}
            {%- do leaves.extend(segment_leaves(segment.rules)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(leaves) }}
{% endmacro %}

{% macro segment_order(entity) %}
    {#-
        Lists of dimensions; each reads memberships of earlier lists alone. What the relation holds already is in none of them. Those
        that need a window are a list of their own after the others: it sorts whole rows, which are narrow once most rules are decided.
    -#}
    {%- set waiting = {} -%}
    {%- for dimension in ruled_dimensions(entity) -%}
        {%- set needs = [] -%}
        {%- for leaf in dimension_leaves([dimension]) if leaf.op == 'member_of' -%}
            {%- do needs.append((leaf.value | string).split('.')[0]) -%}
        {%- endfor -%}
        {%- do waiting.update({dimension.dimension: {'dimension': dimension, 'needs': needs}}) -%}
    {%- endfor -%}
    {%- set layers = [] -%}
    {%- for _ in range(waiting | length) if waiting -%}
        {%- set ready, windowed = [], [] -%}
        {%- for entry in waiting.values() if not (entry.needs | select('in', waiting) | list) -%}
            {%- set needs_window = percentile_columns([entry.dimension]) or steady_segments([entry.dimension]) -%}
            {%- do (windowed if needs_window else ready).append(entry.dimension) -%}
        {%- endfor -%}
        {%- if not ready + windowed -%}
            {{ exceptions.raise_compiler_error(
                'segments are members of each other in a circle: ' ~ waiting.keys() | join(', ') ~ '. Fix: take one member_of out.'
            ) }}
        {%- endif -%}
        {%- for layer in [ready, windowed] if layer -%}
            {%- for dimension in layer -%}
                {%- do waiting.pop(dimension.dimension) -%}
            {%- endfor -%}
            {%- do layers.append(layer) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(layers) }}
{% endmacro %}

{% macro segment_where(dimension, segment) %}
    {#- How an error names a segment. -#}
    {{ return('model ' ~ dimension.model ~ ', segment ' ~ segment.get('key', '?')) }}
{% endmacro %}

{% macro is_steady(segment) %}
    {#- Whether a segment waits before it takes somebody in or lets somebody go. -#}
    {{ return((segment.get('enter_after_days') or 0) + (segment.get('exit_after_days') or 0) > 0) }}
{% endmacro %}

{% macro percentile_columns(dimensions) %}
    {#- What ranks each feature that a percentile rule reads, by the name of its column; a missing value has no rank. -#}
    {%- set columns = {} -%}
    {%- for leaf in dimension_leaves(dimensions) if leaf.op == 'percentile_gte' -%}
        {%- set within = leaf.get('within') or [] -%}
        {%- set groups = ['as_of_date', leaf.feature ~ ' is null'] + ([within] if within is string else within) -%}
        {%- do columns.update({percentile_column(leaf):
            'case when ' ~ leaf.feature ~ ' is not null then percent_rank() over (partition by ' ~ groups | join(', ')
            ~ ' order by ' ~ leaf.feature ~ ') end'
        }) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}

{% macro customers_columns() %}
    {#- Counts of an account's customers for each rule that looks at them, by the name of the column. -#}
    {%- set columns = {} -%}
    {%- for dimension in ruled_dimensions('account') -%}
        {%- for segment in dimension.segments -%}
            {%- for leaf in segment_leaves(segment.rules) if 'rule' in leaf -%}
                {%- set condition = segment_condition(leaf.rule, 'customer', segment_where(dimension, segment)) -%}
                {%- set column = customers_column(leaf) -%}
                {%- do columns.update({
                    column ~ '_passed': 'sum(case when ' ~ condition ~ ' then 1 else 0 end)',
                    column ~ '_failed': 'sum(case when not ' ~ condition ~ ' then 1 else 0 end)',
                    column ~ '_unknown': 'sum(case when ' ~ condition ~ ' is null then 1 else 0 end)',
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}

{% macro segment_states(dimension) %}
    {#- Segment key to the condition of being in it: the rule, or where the segment is steady the column of its state. -#}
    {%- set states = {} -%}
    {%- for segment in dimension.segments -%}
        {%- set condition = segment_condition(segment.rules, dimension.entity, segment_where(dimension, segment)) -%}
        {%- do states.update({segment.key: {
            'rule': condition,
            'state': 'is_in__' ~ dimension.dimension ~ '__' ~ segment.key if is_steady(segment) else condition,
        }}) -%}
    {%- endfor -%}
    {{ return(states) }}
{% endmacro %}

{% macro steady_segments(dimensions) %}
    {#- Column suffix to segment, of the segments that wait. -#}
    {%- set found = {} -%}
    {%- for dimension in dimensions -%}
        {%- for segment in dimension.segments if is_steady(segment) -%}
            {%- do found.update({dimension.dimension ~ '__' ~ segment.key: {
                'rule': segment_states(dimension)[segment.key].rule,
                'enter': segment.get('enter_after_days') or 0,
                'exit': segment.get('exit_after_days') or 0,
            }}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{% macro segment_column(dimension) %}
    {#-
        Of an exclusive dimension the first segment, by priority, that holds. While one of them waits somebody may be in none: then the
        first rule that holds decides.
    -#}
    {%- set states = segment_states(dimension) -%}
    {%- if not dimension.exclusive -%}
        coalesce({{ states.values() | map(attribute='state') | first }}, false) as in_{{ dimension.dimension }}
    {%- else -%}
        case
            {% for key, condition in states.items() -%}
            when {{ condition.state }} then {{ text_literal(key) }}
            {% endfor -%}
            {% for key, condition in states.items() if steady_segments([dimension]) -%}
            when {{ condition.rule }} then {{ text_literal(key) }}
            {% endfor -%}
            else 'unknown'
        end as {{ dimension.dimension }}
    {%- endif -%}
{% endmacro %}

{% macro segmented(entity, relation, key) %}
    {%- set names, ranked = namespace(before=relation), [] -%}
    {%- for layer in segment_order(entity) -%}
    {%- set name = 'layer_' ~ loop.index -%}
    {%- set ranks = percentile_columns(layer) -%}
    {%- set steady = steady_segments(layer) -%}
    {%- if ranks.keys() | reject('in', ranked) | list %}
{{ name }}_ranked as (

    select
        {% for column, rank in ranks.items() if column not in ranked -%}
        {{ rank }} as {{ column }},
        {% endfor -%}
        {{ names.before }}.*
    from {{ names.before }}

),

    {% do ranked.extend(ranks) -%}
    {%- set names.before = name ~ '_ranked' -%}
    {%- endif -%}
    {%- if steady %}
{{ steady_states(steady, names.before, name, key) }}

    {% set names.before = name ~ '_steady' -%}
    {%- endif %}
{{ name }} as (

    select
        {% for dimension in layer -%}
        {{ segment_column(dimension) }},
        {% endfor -%}
        {{ names.before }}.*
    from {{ names.before }}

),

    {% set names.before = name -%}
    {%- endfor %}
segmented as (

    select * from {{ names.before }}

)
{%- endmacro %}

{% macro steady_states(steady, relation, name, key) %}
{%- set to_date = 'partition by ' ~ key ~ ' order by as_of_date rows between unbounded preceding and current row' -%}
{#-
    In after the rule held on every as-of date of `enter` days, out after it did on none of `exit` days, else as before. The windows go
    over narrow rows, which the wide ones then join: sorting these costs more than the join.
-#}
{{ name }}_ruled as (

    select
        {% for column, segment in steady.items() -%}
        coalesce({{ segment.rule }}, false) as holds__{{ column }},
        {% endfor -%}
        {{ key }},
        as_of_date
    from {{ relation }}

),

{{ name }}_dated as (

    select
        {% for column in steady -%}
        max(case when holds__{{ column }} then as_of_date end) over ({{ to_date }}) as held_on__{{ column }},
        max(case when not holds__{{ column }} then as_of_date end) over ({{ to_date }}) as missed_on__{{ column }},
        {% endfor -%}
        {{ add_days('min(as_of_date) over (' ~ to_date ~ ')', -1) }} as day_before,
        {{ name }}_ruled.*
    from {{ name }}_ruled

),

{{ name }}_moved as (

    select
        {% for column, segment in steady.items() -%}
        case
            when
                holds__{{ column }}
                and {{ days_between('coalesce(missed_on__' ~ column ~ ', day_before)', 'as_of_date') }} > {{ segment.enter }}
                then as_of_date
        end as enters_on__{{ column }},
        case
            when
                not holds__{{ column }}
                and {{ days_between('coalesce(held_on__' ~ column ~ ', day_before)', 'as_of_date') }} > {{ segment.exit }}
                then as_of_date
        end as leaves_on__{{ column }},
        {% endfor -%}
        {{ name }}_dated.*
    from {{ name }}_dated

),

{{ name }}_last_moved as (

    select
        {% for column in steady -%}
        max(enters_on__{{ column }}) over ({{ to_date }}) as entered_on__{{ column }},
        max(leaves_on__{{ column }}) over ({{ to_date }}) as left_on__{{ column }},
        {% endfor -%}
        {{ name }}_moved.*
    from {{ name }}_moved

),

{{ name }}_steady as (

    select
        {% for column in steady -%}
        coalesce(entered_on__{{ column }} > left_on__{{ column }}, entered_on__{{ column }} is not null) as is_in__{{ column }},
        {% endfor -%}
        {{ relation }}.*
    from {{ relation }}
    inner join {{ name }}_last_moved
        on
            {{ relation }}.{{ key }} = {{ name }}_last_moved.{{ key }}
            and {{ relation }}.as_of_date = {{ name }}_last_moved.as_of_date

),
{%- endmacro %}
