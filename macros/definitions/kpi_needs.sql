{% macro kpi_needs() %}
    {#- Which feeds a KPI cannot do without. -#}
    {{ return({
        'kpi_active_customers': ['events'],
        'kpi_retention': ['events'],
        'kpi_lifecycle': ['events'],
        'kpi_engagement_bands': ['events'],
        'kpi_mrr_movements': ['subscriptions'],
        'kpi_churn': ['subscriptions'],
        'kpi_survival': ['subscriptions'],
        'kpi_arpu': ['transactions', 'events'],
        'kpi_revenue': ['transactions'],
        'kpi_clv': ['transactions'],
        'kpi_buyer_churn': ['transactions'],
        'kpi_activation': ['events', 'users'],
        'kpi_feature_adoption': ['events'],
        'kpi_acquisition': ['marketing_spend', 'transactions'],
        'kpi_change_attribution': ['events'],
        'kpi_north_star': ['events'],
        'kpi_trial_conversion': ['subscriptions'],
        'kpi_reengagement': ['events', 'campaign_touches'],
        'kpi_nps': ['survey_responses'],
        'kpi_csat': ['survey_responses'],
        'kpi_sentiment': ['survey_responses'],
        'kpi_support': ['tickets'],
        'kpi_support_needs': ['tickets'],
        'kpi_web_vitals': ['web_vitals'],
    }) }}
{% endmacro %}
