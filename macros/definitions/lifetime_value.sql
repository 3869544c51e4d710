{#-
    The closed forms of the purchase and value models (segmentry/estimators has them too, with their sources); times in
    weeks. `parameters` and `summaries` name relations of the calling model.
-#}

{% macro model_settings() -%}
    {#- Vars that change what a fitted run means: a run made under others is not used. -#}
    {%- set parts = [] -%}
    {%- for name, value in {
        'clv_backtest_days': var('clv_backtest_days'),
        'clv_discount_rate': var('clv_discount_rate'),
        'clv_horizon_months': var('clv_horizon_months'),
        'cluster_count_max': var('cluster_count_max'),
        'cluster_count_min': var('cluster_count_min'),
        'cluster_sample_size': var('cluster_sample_size'),
        'model_refit_days': var('model_refit_days'),
        'reporting_currency': var('reporting_currency'),
        'reporting_timezone': var('reporting_timezone'),
    }.items() -%}
        {%- do parts.append(name ~ '=' ~ value) -%}
    {%- endfor -%}
    {{ parts | join('|') }}
{%- endmacro %}

{% macro purchase_history_status(summaries) %}
    {#- Who has shown nothing yet, or what no customer can have done, is not scored. -#}
    case
        when {{ summaries }}.age_days = 0 then 'age_zero'
        when {{ summaries }}.frequency is null or {{ summaries }}.recency_days is null or {{ summaries }}.age_days is null
            then 'not_a_number'
        when {{ summaries }}.recency_days > {{ summaries }}.age_days then 'recency_after_age'
        when {{ summaries }}.frequency < 0 or {{ summaries }}.recency_days < 0 then 'not_a_count'
        when ({{ summaries }}.frequency = 0) <> ({{ summaries }}.recency_days = 0) then 'recency_without_repeat'
        else 'scored'
    end
{% endmacro %}

{% macro purchase_probability_alive(parameters, summaries) %}
    {#- 1 / (1 + a / (b + x - 1) ((alpha + T) / (alpha + t_x))^(r + x)), b one more for MBG/NBD; by logarithms, because the
        power of a frequent buyer overflows. In BG/NBD nobody leaves before the second purchase. -#}
    case
        when {{ parameters }}.leaves_after_first + {{ summaries }}.frequency = 0 then 1.0
        else 1 / (1 + exp(least(
            700.0,
            ln({{ parameters }}.a)
            - ln(case
                when {{ parameters }}.leaves_after_first + {{ summaries }}.frequency = 0 then 1.0
                else {{ parameters }}.b + {{ parameters }}.leaves_after_first + {{ summaries }}.frequency - 1
            end)
            + ({{ parameters }}.r + {{ summaries }}.frequency)
            * (
                ln({{ parameters }}.alpha + {{ summaries }}.customer_age)
                - ln({{ parameters }}.alpha + {{ summaries }}.recency)
            )
        )))
    end
{% endmacro %}

{% macro purchase_probability_buying(parameters, summaries) %}
    {#- Of at least one purchase within the prediction's weeks, given alive. -#}
    1 - exp(
        ({{ parameters }}.r + {{ summaries }}.frequency)
        * (
            ln({{ parameters }}.alpha + {{ summaries }}.customer_age)
            - ln({{ parameters }}.alpha + {{ summaries }}.customer_age + {{ parameters }}.prediction_weeks)
        )
    )
{% endmacro %}

{% macro expected_order_value(parameters, frequency, mean_value) %}
    {#- p (gamma + x m) / (p x + q - 1): what a customer spent, drawn to the mean of all. NULL where there is no such mean;
        a value that is unknown or was all taken back says nothing about its customer. -#}
    case
        when {{ parameters }}.q > 1 then
            {{ parameters }}.p * ({{ parameters }}.gamma + case when {{ mean_value }} > 0 then {{ frequency }} * cast({{ mean_value }} as {{ type_double() }}) else 0 end)
            / ({{ parameters }}.p * case when {{ mean_value }} > 0 then {{ frequency }} else 0 end + {{ parameters }}.q - 1)
    end
{% endmacro %}

{% macro full_months(first, last) %}
    {#- Whole months from one day to another: the last day of a month ends one that began on a later day of its month. -#}
    cast(
        12 * (extract(year from {{ last }}) - extract(year from {{ first }}))
        + extract(month from {{ last }}) - extract(month from {{ first }})
        - case
            when
                extract(day from {{ last }}) < extract(day from {{ first }})
                and {{ add_days(last, 1) }} <> {{ period_start('month', add_days(last, 1)) }}
                then 1
            else 0
        end as integer
    )
{% endmacro %}
