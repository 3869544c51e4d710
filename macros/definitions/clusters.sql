{#- What clusters are made of, and how a customer is assigned to the nearest centroid; segmentry/estimators/clusters.py fits them. -#}

{% macro cluster_features() %}
    {#- Name to expression over `customers_as_of` (of customers) and `accounts`. -#}
    {{ return({
        'active_days_28d': 'customers_as_of.active_days_28d',
        'sessions_28d': 'customers_as_of.sessions_28d',
        'active_minutes_28d': 'customers_as_of.active_ms_28d / 60000e0',
        'features_used_28d': 'customers_as_of.features_used_28d',
        'money_spent': 'customers_as_of.net_spend',
        'monthly_bill': 'accounts.mrr',
        'tenure_days': 'customers_as_of.tenure_days',
    }) }}
{% endmacro %}

{% macro cluster_values() %}
    {#- Counts and money as logarithms: twice as much is as far from once as four times from twice. Nothing known is nothing. -#}
    {% for name, expression in cluster_features().items() -%}
    ln(1 + greatest(coalesce(cast({{ expression }} as {{ type_double() }}), 0), 0)) as {{ name }}{{ ',' if not loop.last }}
    {% endfor %}
{% endmacro %}

{% macro cluster_ids() %}
    {{ return(range(1, 9) | list) }}
{% endmacro %}

{% macro cluster_distance(cluster_id, values, centroids) %}
    {#- Square of the distance to a centroid, each feature scaled and cut at 3 as in the fit; NULL where there is no such cluster. -#}
    {% for name in cluster_features() -%}
    power(
        least(greatest(({{ values }}.{{ name }} - {{ centroids }}.{{ name }}_center) / {{ centroids }}.{{ name }}_scale, -3), 3)
        - {{ centroids }}.{{ name }}_{{ cluster_id }}, 2
    ){{ ' +' if not loop.last }}
    {% endfor %}
{% endmacro %}
