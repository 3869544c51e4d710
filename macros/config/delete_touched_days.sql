{% macro delete_touched_days(day_column) %}
    {%- if is_incremental() -%}
        {{ return(adapter.dispatch('delete_touched_days')(day_column)) }}
    {%- endif -%}
{% endmacro %}

{% macro default__delete_touched_days(day_column) %}
    {#- Runs in the transaction of the insert that follows: a day is replaced whole, also when nothing is left of it. -#}
    delete from {{ this }} where {{ day_column }} in (select event_date from {{ ref('int_event_days_touched') }})
{% endmacro %}

{% macro spark__delete_touched_days(day_column) %}
    {#- A day is a partition. The insert overwrites those that it brings; one that has nothing left is only dropped here. -#}
    {%- set days = run_query('select event_date from ' ~ ref('int_event_days_touched')).columns[0].values() if execute else [] -%}
    {%- if days -%}
        alter table {{ this }} drop if exists
            {% for day in days -%}
            partition ({{ day_column }} = date'{{ day }}'){{ ', ' if not loop.last }}
            {%- endfor %}
    {%- endif -%}
{% endmacro %}
