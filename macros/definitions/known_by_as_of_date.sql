{% macro known_by_as_of_date(instant) %}
    {#- A replay of a past day knows nothing later. A build of today knows all that has landed: traits exported an hour after
        the clock's day are the newest there are. -#}
    {%- if var('as_of_date') is none -%}
        true
    {%- else -%}
        {{ local_date(instant) }} <= {{ as_of_date() }}
    {%- endif -%}
{% endmacro %}
