{%- set needs = kpi_needs() -%}
{%- set feeds = needs.values() | sum(start=[]) | unique | sort -%}
{%- set converted = ['kpi_arpu', 'kpi_revenue', 'kpi_clv', 'kpi_buyer_churn', 'kpi_acquisition'] -%}
{%- set priced = ['kpi_mrr_movements', 'kpi_churn', 'kpi_mrr_conventions'] -%}
with

transactions as (

    select * from {{ ref('int_transactions_converted') }} where amount is null

),

phases as (

    select * from {{ ref('int_subscription_phases') }} where mrr is null

),

model_runs as (

    select * from {{ ref('dim_model_runs') }} where model = 'customer_lifetime_value'

),

feeds as (

    {% for feed in feeds -%}
    select
        '{{ feed }}' as feed,
        exists(
            {% for one in feed.split(' or ') -%}
            select 1 from {{ staged(one) }}
            {% if not loop.last %}union all{% endif %}
            {% endfor -%}
        ) as has_rows
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

requirements as (

    {% for kpi, names in needs.items() -%}
    {% set is_last_kpi = loop.last -%}
    {% for name in names -%}
    select
        '{{ kpi }}' as kpi,
        '{{ name }}' as feed
    {% if not (loop.last and is_last_kpi) %}union all{% endif %}
    {% endfor -%}
    {% endfor %}
),

missing as (

    select
        requirements.kpi,
        count(case when not feeds.has_rows then 1 end) as missing_feeds,
        min(case when not feeds.has_rows then feeds.feed end) as first_feed,
        max(case when not feeds.has_rows then feeds.feed end) as last_feed
    from requirements
    inner join feeds
        on requirements.feed = feeds.feed
    group by requirements.kpi

),

unconverted as (

    -- lines whose currency has no rate on their day count for nothing: say so beside the figure
    {% for relation, unit, kpis in [('transactions', 'lines of money', converted), ('phases', 'subscription phases', priced)] -%}
    {% for kpi in kpis -%}
    select
        '{{ kpi }}' as kpi,
        'no exchange rate on their day for ' || cast(count(*) as {{ dbt.type_string() }}) || ' {{ unit }} ('
        || min(currency) || case when min(currency) <> max(currency) then ' to ' || max(currency) else '' end
        || '): they are left out' as reason
    from {{ relation }}
    having count(*) > 0
    union all
    {% endfor -%}
    {% endfor -%}
    select
        cast(null as {{ dbt.type_string() }}) as kpi,
        cast(null as {{ dbt.type_string() }}) as reason
    from (select 1 as one) as one_row
    where false

),

fitted as (

    select
        count(case when is_used then 1 end) as runs,
        max(case when status = 'refused' then reason end) as reason
    from model_runs

),

reasons as (

    select
        missing.kpi,
        missing.missing_feeds = 0 as is_available,
        case
            when missing.missing_feeds = 1 then 'no rows in feed ' || missing.first_feed
            when missing.missing_feeds > 1 then 'no rows in feeds ' || missing.first_feed || ' and ' || missing.last_feed
            else unconverted.reason
        end as reason
    from missing
    left join unconverted
        on missing.kpi = unconverted.kpi
    union all
    select
        'kpi_clv.predicted_clv_12m' as kpi,
        fitted.runs > 0 as is_available,
        case
            when fitted.runs = 0
                then 'no fitted model run: predicted lifetime value is NULL' || coalesce(' (' || fitted.reason || ')', '')
        end as reason
    from fitted

),

final as (

    select
        kpi,
        is_available,
        reason,
        {{ as_of_date() }} as as_of_date
    from reasons

)

select * from final
