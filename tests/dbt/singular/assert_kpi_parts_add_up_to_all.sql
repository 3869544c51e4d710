{#- Over every dimension the segments add up to the total, for everything that can be added up. -#}
{%- set additive = {
    'kpi_active_customers': ['active_customers', 'new_customers', 'customer_days', 'dau', 'wau', 'mau', 'customer_days_28d'],
    'kpi_lifecycle': ['new', 'current', 'resurrected', 'dormant', 'inactive', 'never_active', 'churned'],
    'kpi_engagement_bands': ['customers'],
    'kpi_retention': ['cohort_size', 'eligible'],
    'kpi_revenue': [
        'gross_revenue', 'refunds', 'net_revenue', 'order_gross_revenue', 'unconverted_lines', 'orders', 'cancelled_orders',
        'buyers', 'repeat_buyers',
    ],
    'kpi_mrr_movements': [
        'opening_mrr', 'new_mrr', 'expansion_mrr', 'contraction_mrr', 'churned_mrr', 'reactivation_mrr', 'closing_mrr',
        'opening_expansion_mrr', 'opening_contraction_mrr', 'opening_churned_mrr',
    ],
    'kpi_churn': ['live_at_start', 'lost_of_opening', 'new_in_period', 'reactivated_in_period', 'lost_total', 'involuntary'],
    'kpi_arpu': ['net_revenue', 'active_customers', 'paying_customers'],
    'kpi_clv': ['customers', 'clv_historic'],
} -%}
{%- set grains = {
    'kpi_engagement_bands': ['period_grain', 'period_start', 'band'],
    'kpi_retention': ['cohort_basis', 'retention_kind', 'window_kind', 'period_grain', 'cohort_start', 'period_number'],
} -%}
with

{% for model, columns in additive.items() -%}
{% set keys = grains.get(model, ['period_grain', 'period_start']) -%}
{% set comparisons = [] -%}
{% for column in columns %}{% do comparisons.append('parts.' ~ column ~ ' is distinct from total.' ~ column) %}{% endfor -%}
{{ model }}_rows as (

    select * from {{ ref(model) }}

),

{{ model }}_parts as (

    select
        {{ keys | join(', ') }},
        {% for column in columns -%}
        sum({{ column }}) as {{ column }},
        {% endfor -%}
        segment_dimension
    from {{ model }}_rows
    group by {{ keys | join(', ') }}, segment_dimension

),

{{ model }}_failures as (

    select
        '{{ model }}' as model_name,
        parts.period_grain,
        parts.segment_dimension
    from {{ model }}_parts as parts
    left join {{ model }}_parts as total
        on
            total.segment_dimension = 'all'
            {% for key in keys -%}
            and parts.{{ key }} = total.{{ key }}
            {% endfor %}
    where
        {{ comparisons | join('\n        or ') }}

),

{% endfor -%}
final as (

    {% for model in additive -%}
    select * from {{ model }}_failures
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
