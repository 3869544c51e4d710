{% macro prepare_engine() %}
    {#- Before the first model: names that the project uses and an engine lacks, but lets us declare. -#}
    {{ return(adapter.dispatch('prepare_engine')()) }}
{% endmacro %}

{% macro default__prepare_engine() %}
{% endmacro %}

{% macro postgres__prepare_engine() %}
    {#- Types of contracts and seeds; doubles rounded to digits. -#}
    {%- for name, type in {'double': type_double(), 'string': dbt.type_string()}.items() %}
    do $$ begin create domain public.{{ name }} as {{ type }}; exception when duplicate_object then null; end $$;
    {%- endfor %}
    create or replace function public.round(value double precision, digits integer) returns double precision
    language sql immutable parallel safe
    as 'select cast(round(cast(value as numeric), digits) as double precision)'
{% endmacro %}

{% macro redshift__prepare_engine() %}
    {#- Not what Postgres needs, whose macro dbt would take. -#}
{% endmacro %}

{% macro gather_statistics() %}
    {#- After each model: what it holds, for engines whose planner must be told before the next model reads it. -#}
    {{ return(adapter.dispatch('gather_statistics')()) }}
{% endmacro %}

{% macro default__gather_statistics() %}
{% endmacro %}

{% macro postgres__gather_statistics() %}
    {%- if model.config.materialized != 'view' -%}
        analyze {{ this }}
    {%- endif -%}
{% endmacro %}

{% macro redshift__gather_statistics() %}
    {#- It analyzes by itself. -#}
{% endmacro %}
