{% macro segment_sets(relation, entity, dimensions) %}
    {#- A row per combination and dimension, and one for `all`. Set 0 are those who had no membership yet when the period began. -#}
    {%- for dimension in dimensions + ['all'] %}
    select distinct
        '{{ entity }}' as entity_type,
        segment_set_key,
        '{{ dimension }}' as segment_dimension,
        {{ "'all'" if dimension == 'all' else dimension }} as segment_key
    from {{ relation }}
    union all
    select
        '{{ entity }}' as entity_type,
        0 as segment_set_key,
        '{{ dimension }}' as segment_dimension,
        '{{ 'all' if dimension == 'all' else 'unknown' }}' as segment_key
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}
