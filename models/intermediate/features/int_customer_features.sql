{#- A view: writing all columns for every as-of date would cost more than evaluating all rules. A table where a view is
    planned anew wherever it is named. -#}
{{ config(materialized='table' if target.type == 'spark' else 'view') }}
{%- set country = 'coalesce(traits.country_code, accounts.country_code)' -%}
with

{% for name, model in {
    'customers_as_of': 'int_customers_as_of', 'traits': 'int_customer_traits', 'accounts': 'int_accounts_as_of',
    'clients': 'int_customer_client_windows', 'main_features': 'int_customer_main_features', 'needs': 'int_customer_needs',
    'feeds': 'int_feeds', 'countries': 'countries',
}.items() -%}
{{ name }} as (

    select * from {{ ref(model) }}

),

{% endfor -%}
bands as (

    select * from {{ ref('bands') }} where band_set = 'age'

),

birth_years as (

    select distinct
        traits.birth_year,
        extract(year from customers_as_of.as_of_date) as as_of_year
    from traits
    inner join customers_as_of
        on traits.customer_key = customers_as_of.customer_key

),

age_bands as (

    -- in a few hundred rows, so that the wide ones join by equality: a range join sorts them
    select
        birth_years.birth_year,
        birth_years.as_of_year,
        bands.band_key
    from birth_years
    inner join bands
        on
            birth_years.as_of_year - birth_years.birth_year >= bands.lower_bound
            and (bands.upper_bound is null or birth_years.as_of_year - birth_years.birth_year < bands.upper_bound)

),

final as (

    select
        customers_as_of.customer_id,
        customers_as_of.customer_key,
        customers_as_of.account_id,
        customers_as_of.account_key,
        customers_as_of.as_of_date,
        customers_as_of.is_current,

        -- activity
        {{ days_between('customers_as_of.last_active_on', 'customers_as_of.as_of_date') }} as days_since_active,
        {% for name in [
            'active_days_7d', 'active_days_28d', 'active_days_previous_28d', 'active_days_90d', 'sessions_7d', 'sessions_28d',
            'sessions_90d', 'features_used_28d', 'features_used_90d',
        ] -%}
        cast(customers_as_of.{{ name }} as integer) as {{ name }},
        {% endfor -%}
        cast(customers_as_of.events_28d as bigint) as events_28d,
        cast(customers_as_of.sessions_28d as {{ type_double() }}) / 4 as sessions_per_week_28d,
        cast(cast(customers_as_of.active_ms_28d as decimal(18, 0)) / 60000 as decimal(18, 2)) as active_minutes_28d,
        main_features.main_feature_28d,
        main_features.main_feature_share_28d,
        {{ when_told(
            'has_used_watched_feature', 'coalesce(traits.watched_feature_first_used_on <= customers_as_of.as_of_date, false)'
        ) }}
            as has_used_watched_feature,
        {{ when_told('limit_hits_28d', 'coalesce(clients.limit_hits_28d, 0)') }} as limit_hits_28d,
        customers_as_of.main_device_28d,
        clients.main_os_28d,
        clients.main_browser_28d,

        -- value
        cast(customers_as_of.orders as integer) as orders,
        cast(customers_as_of.net_spend as decimal(18, 2)) as net_spend,
        {{ days_between('customers_as_of.last_ordered_on', 'customers_as_of.as_of_date') }} as days_since_order,
        {{ when_told('customer_value', money(
            'coalesce(customers_as_of.net_spend, 0) + 12 * coalesce(accounts.mrr, 0) / customers_as_of.account_members'
        )) }} as customer_value,
        {% for name in ['mrr', 'seats'] -%}
        {{ when_told(name, 'coalesce(accounts.' ~ name ~ ', 0)') }} as {{ name }},
        {% endfor -%}
        {% for name in ['has_trial', 'is_paying', 'has_ever_paid'] -%}
        {{ when_told(name, 'coalesce(accounts.' ~ name ~ ', false)') }} as {{ name }},
        {% endfor -%}
        {% for name in ['plan_id', 'plan_tier', 'is_free_plan'] -%}
        accounts.{{ name }},
        {% endfor %}
        -- voice
        customers_as_of.last_nps_score,
        customers_as_of.last_csat_score,
        cast(customers_as_of.open_tickets as integer) as open_tickets,
        {{ when_told('tickets_90d', 'coalesce(needs.tickets_90d, 0)') }} as tickets_90d,
        needs.main_need,
        {% for name in ['openness_score', 'price_sensitivity_score', 'autonomy_score', 'tenure_days'] -%}
        customers_as_of.{{ name }},
        {% endfor %}
        -- who
        age_bands.band_key as age_band,
        {% for name in ['gender', 'education', 'income_band', 'occupation', 'job_role', 'region', 'city', 'language'] -%}
        traits.{{ name }},
        {% endfor -%}
        {{ country }} as country_code,
        {% for name in ['world_region', 'climate_zone', 'regulatory_zone'] -%}
        case when {{ country }} is not null then coalesce(countries.{{ name }}, 'other') end as {{ name }},
        {% endfor -%}
        {% for name in ['industry', 'size_band', 'revenue_band', 'employee_count', 'cloud_platform'] -%}
        accounts.{{ name }},
        {% endfor -%}
        case when accounts.account_key is not null then customers_as_of.account_members end as account_members,

        -- dates
        {% for name in ['first_seen_on', 'first_active_on', 'last_active_on', 'first_ordered_on'] -%}
        customers_as_of.{{ name }},
        {% endfor -%}
        customers_as_of.last_ordered_on
    from customers_as_of
    cross join feeds
    inner join traits
        on customers_as_of.customer_key = traits.customer_key
    left join accounts
        on
            customers_as_of.account_key = accounts.account_key
            and customers_as_of.as_of_date = accounts.as_of_date
    {% for name in ['clients', 'main_features', 'needs'] -%}
    left join {{ name }}
        on
            customers_as_of.customer_key = {{ name }}.customer_key
            and customers_as_of.as_of_date = {{ name }}.as_of_date
    {% endfor -%}
    left join countries
        on {{ country }} = countries.country_code
    left join age_bands
        on
            traits.birth_year = age_bands.birth_year
            and extract(year from customers_as_of.as_of_date) = age_bands.as_of_year

)

select * from final
