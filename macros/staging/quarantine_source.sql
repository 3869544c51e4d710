{% macro quarantine_source(feed) -%}
    (select * from {{ raw_source('quarantine') }} where feed = '{{ feed }}')
{%- endmacro %}
