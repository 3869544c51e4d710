{% macro ledger_tables() %}
    {#- Landed tables, and the model that keeps one row per record that won; events are counted in the core. -#}
    {%- set tables = [] -%}
    {%- for feed in [
        'users', 'subscriptions', 'plans', 'transactions', 'accounts', 'account_members', 'survey_responses', 'tickets',
        'campaign_touches', 'experiment_exposures', 'marketing_spend', 'web_vitals', 'consents', 'erasure_requests', 'fx_rates',
    ] -%}
        {%- do tables.append({'feed': feed, 'source': 'raw', 'model': 'stg_feeds__' ~ feed}) -%}
    {%- endfor -%}
    {%- if var('preset') != 'feeds' -%}
        {%- for table in context['preset_' ~ var('preset') ~ '__tables']() -%}
            {%- do tables.append({
                'feed': table, 'source': var('preset'), 'model': 'base_' ~ var('preset') ~ '__' ~ table
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(tables) }}
{% endmacro %}
