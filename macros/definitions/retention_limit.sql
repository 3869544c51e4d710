{% macro retention_limit(grain_column) %}
    {#- The last period number of a retention curve, by grain. -#}
    case {{ grain_column }}
        {% for grain in ['day', 'week', 'month'] -%}
        when '{{ grain }}' then {{ var('retention_max_periods_' ~ grain) }}
        {% endfor -%}
    end
{% endmacro %}
