{% macro quarantine_source(feed) -%}
    (select * from {{ raw_source('quarantine') }} where feed = '{{ feed }}') as quarantined_rows
{%- endmacro %}
