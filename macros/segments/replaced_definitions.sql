{#- What a metric was by the segments of its time: combinations of segments hold what replaced definitions say as well. -#}

{% macro replaced_dimensions(entity) %}
    {#- Definitions no longer in force of dimensions that KPIs are broken down by. Customers have those of their account too. -#}
    {%- set found = [] -%}
    {%- for dimension in retired_dimensions() if dimension.entity in ['account', entity] and kpi_dimensions([dimension.retired_from]) -%}
        {%- do found.append(dimension.dimension) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{% macro set_dimensions(entity) %}
    {#- What a combination of segments is made of: the same KPI breakdown under every definition there was. -#}
    {%- set in_force = customer_dimensions() if entity == 'customer' else account_dimensions() -%}
    {{ return(kpi_dimensions(in_force) + replaced_dimensions(entity)) }}
{% endmacro %}
