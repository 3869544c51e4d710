{#-
    Breakdown by segment. A KPI aggregates once by `segment_set_key`, then fans out: each set belongs to one segment of every
    dimension and to `all`, so the parts add up to the total exactly, whatever the number of dimensions. Every argument that names
    a relation is a CTE of the calling model.
-#}

{% macro by_segment(relation, segment_sets, keys, sums) %}
    select
        {% for key in keys -%}
        {{ relation }}.{{ key }},
        {% endfor -%}
        {{ segment_sets }}.segment_dimension,
        {{ segment_sets }}.segment_key,
        {% for column in sums -%}
        sum({{ relation }}.{{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ relation }}
    inner join {{ segment_sets }}
        on {{ relation }}.segment_set_key = {{ segment_sets }}.segment_set_key
    group by
        {% for key in keys -%}
        {{ relation }}.{{ key }},
        {% endfor -%}
        {{ segment_sets }}.segment_dimension,
        {{ segment_sets }}.segment_key
{% endmacro %}

{% macro percentiles_by_segment(relation, segment_sets, keys, column, shares, count=none) %}
    {#- Percentiles do not add up: each row itself goes to every segment of its set. -#}
    {%- set cell = keys | join(', ') ~ ', segment_dimension, segment_key' -%}
    select
        {{ cell }},
        {%- if count %}
        count(*) as {{ count }},
        {%- endif %}
        {% for name, share in shares.items() -%}
        {{ percentile_of_sorted(column, share) }} as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select
            *,
            row_number() over (partition by {{ cell }} order by {{ column }}) as place,
            count(*) over (partition by {{ cell }}) as places
        from (
            select
                {% for key in keys -%}
                {{ relation }}.{{ key }},
                {% endfor -%}
                {{ relation }}.{{ column }},
                {{ segment_sets }}.segment_dimension,
                {{ segment_sets }}.segment_key
            from {{ relation }}
            inner join {{ segment_sets }}
                on {{ relation }}.segment_set_key = {{ segment_sets }}.segment_set_key
            where {{ relation }}.{{ column }} is not null
        ) as by_segment
    ) as placed
    group by {{ cell }}
{% endmacro %}

{% macro on_segment_grid(segment_grid, relation, columns) %}
    {#- Every row of int_segment_grid (or of the part that the model imports), with 0 where the relation has no row for it. -#}
    select
        {% for type, names in columns.items() -%}
        {% for column in names -%}
        cast(coalesce({{ relation }}.{{ column }}, 0) as {{ type }}) as {{ column }},
        {% endfor -%}
        {% endfor -%}
        {{ segment_grid }}.*
    from {{ segment_grid }}
    left join {{ relation }}
        on {{ same_segment_period(segment_grid, relation) }}
{% endmacro %}

{% macro same_segment_period(left, right) %}
            {% for column in ['period_grain', 'period_start', 'segment_dimension', 'segment_key'] -%}
            {{ 'and ' if not loop.first }}{{ left }}.{{ column }} = {{ right }}.{{ column }}
            {% endfor %}
{% endmacro %}
