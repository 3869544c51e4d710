{% macro is_restated(day_column, first_day=none, last_day=none) %}
    {#- Environment, not vars: another value of a var would make dbt parse the whole project anew. -#}
    {%- set first_day = env_var('SEGMENTRY_RESTATE_FROM', '') if first_day is none else first_day -%}
    {%- set last_day = env_var('SEGMENTRY_RESTATE_UNTIL', '') if last_day is none else last_day -%}
    {%- for day in [first_day, last_day] -%}
        {%- if not modules.re.match('^(\\d{4}-\\d\\d-\\d\\d)?$', day) -%}
            {{ exceptions.raise_compiler_error(
                "SEGMENTRY_RESTATE_FROM and SEGMENTRY_RESTATE_UNTIL must be days such as 2026-01-31, not '" ~ day ~ "'."
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {%- if first_day and last_day -%}
        {{ day_column }} between cast('{{ first_day }}' as date) and cast('{{ last_day }}' as date)
    {%- else -%}
        1 = 0
    {%- endif -%}
{% endmacro %}
