{% macro delete_touched_days(day_column) %}
    {#- Runs in the transaction of the insert that follows: a day is replaced whole, also when nothing is left of it. -#}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ day_column }} in (select event_date from {{ ref('int_event_days_touched') }})
    {%- endif -%}
{% endmacro %}
