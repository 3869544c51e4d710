{#- Columns as rows in one pass: a union of a query per column reads its source once for each, since not every engine keeps a CTE. -#}

{% macro case_of(subject, results, type) -%}
    cast(
        {%- if results -%}
        case {{ subject }}{% for value, result in results.items() %} when {{ value }} then {{ result }}{% endfor %} end
        {%- else -%}
        null
        {%- endif %} as {{ type }})
{%- endmacro %}

{% macro column_of(subject, columns, type, suffix='') -%}
    {%- set results = {} -%}
    {%- for column in columns -%}
        {%- do results.update({"'" ~ column ~ "'": column ~ suffix}) -%}
    {%- endfor -%}
    {{ case_of(subject, results, type) }}
{%- endmacro %}
