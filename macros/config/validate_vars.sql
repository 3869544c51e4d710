{% macro validate_vars() %}
    {#- Runs before the first model: a mistyped var stops the run with its name and the fix. -#}
    {%- set re = modules.re -%}
    {%- set rules = {
        'preset': '^[a-z][a-z0-9_]*$',
        'raw_schema': '^[A-Za-z_][A-Za-z0-9_]*$',
        'known_at': '^\\d{4}-\\d\\d-\\d\\d( \\d\\d:\\d\\d(:\\d\\d)?)?$',
        'as_of_date': '^\\d{4}-\\d\\d-\\d\\d$',
        'reporting_timezone': '^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$',
        'reporting_currency': '^[A-Z]{3}$',
        'identity_merge_by_email': '^(True|False)$',
        'identity_max_group_size': '^[1-9]\\d*$',
        'session_gap_minutes': '^([1-9]\\d{0,2}|1[0-2]\\d\\d|13[0-7]\\d|1380)$',
        'feature_history_weeks': '^\\d+$',
        'watched_feature': '^[A-Za-z0-9][A-Za-z0-9_. -]*$',
        'limit_event': '^[A-Za-z0-9][A-Za-z0-9_. -]*$',
        'audience_consent_purpose': '^[A-Za-z0-9_.-]+$',
        'segment_max_per_dimension': '^[1-9]\\d*$',
        'segment_max_jaccard': '^(0(\\.\\d+)?|1(\\.0+)?)$',
        'segment_max_monthly_change': '^(0(\\.\\d+)?|1(\\.0+)?)$',
        'segment_max_unknown_share': '^(0(\\.\\d+)?|1(\\.0+)?)$',
        'feed_min_match_rate': '^(0(\\.\\d+)?|1(\\.0+)?)$',
        'retention_max_periods_day': '^[1-9]\\d*$',
        'retention_max_periods_week': '^[1-9]\\d*$',
        'retention_max_periods_month': '^[1-9]\\d*$',
        'feature_adoption_uses': '^[1-9]\\d*$',
        'north_star_metric': '^(active_customers|mrr|arpu|churn_rate)$',
        'small_n_floor': '^\\d+$',
        'activation_days': '^[1-9]\\d*$',
        'trial_conversion_days': '^[1-9]\\d*$',
        'free_conversion_days': '^[1-9]\\d*$',
        'reengagement_inactivity_days': '^[1-9]\\d*$',
        'reengagement_days': '^[1-9]\\d*$',
        'inactivity_floor_days': '^[1-9]\\d*$',
        'sentiment_threshold': '^0(\\.\\d+)?$',
        'health_at_risk_below': '^\\d{1,3}$',
        'path_max_steps': '^[1-9]\\d*$',
        'experiment_control_variant': '^[A-Za-z0-9_.:-]+$',
        'account_money': '^(equal_active|equal_members|none)$',
        'gross_margin': '^(0(\\.\\d+)?|1(\\.0+)?)$',
        'clv_horizon_months': '^([1-9]\\d?|1[01]\\d|120)$',
        'clv_discount_rate': '^(0\\.\\d*[1-9]\\d*|1(\\.0+)?)$',
        'clv_backtest_days': '^([1-9]\\d|[12]\\d\\d|3[0-5]\\d|36[0-5])$',
        'cluster_count_min': '^[2-8]$',
        'cluster_count_max': '^[2-8]$',
        'cluster_sample_size': '^[1-9]\\d{2,5}$',
        'model_refit_days': '^([1-9]|[12]\\d|3[01])$',
    } -%}
    {%- set may_be_null = ['raw_schema', 'known_at', 'as_of_date'] -%}
    {%- for name, pattern in rules.items() -%}
        {%- set value = var(name) -%}
        {%- if value is none and name in may_be_null -%}
        {%- elif not re.match(pattern, value | string) -%}
            {{ exceptions.raise_compiler_error(
                "var '" ~ name ~ "' is '" ~ value ~ "', which does not match " ~ pattern
                ~ ". Fix: set it in dbt_project.yml or with --set " ~ name ~ "=VALUE."
            ) }}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
