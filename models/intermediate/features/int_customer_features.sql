{%- set country = 'coalesce(traits.country_code, accounts.country_code)' -%}
with

snapshots as (

    select * from {{ ref('int_customer_snapshots') }}

),

traits as (

    select * from {{ ref('int_customer_traits') }}

),

accounts as (

    select * from {{ ref('int_account_features') }}

),

clients as (

    select * from {{ ref('int_customer_client_windows') }}

),

main_features as (

    select * from {{ ref('int_customer_main_features') }}

),

needs as (

    select * from {{ ref('int_customer_needs') }}

),

countries as (

    select * from {{ ref('countries') }}

),

bands as (

    select * from {{ ref('bands') }} where band_set = 'age'

),

final as (

    select
        snapshots.customer_id,
        snapshots.customer_key,
        snapshots.account_id,
        snapshots.account_key,
        snapshots.as_of_date,
        snapshots.is_current,

        -- activity
        {{ days_between('snapshots.last_active_on', 'snapshots.as_of_date') }} as days_since_active,
        {% for name in [
            'active_days_7d', 'active_days_28d', 'active_days_previous_28d', 'active_days_90d', 'sessions_7d', 'sessions_28d',
            'sessions_90d', 'features_used_28d', 'features_used_90d',
        ] -%}
        cast(snapshots.{{ name }} as integer) as {{ name }},
        {% endfor -%}
        cast(snapshots.events_28d as bigint) as events_28d,
        cast(snapshots.sessions_28d as double) / 4 as sessions_per_week_28d,
        cast(cast(snapshots.active_ms_28d as decimal(18, 0)) / 60000 as decimal(18, 2)) as active_minutes_28d,
        main_features.main_feature_28d,
        main_features.main_feature_share_28d,
        coalesce(traits.watched_feature_first_used_on <= snapshots.as_of_date, false) as has_used_watched_feature,
        coalesce(clients.limit_hits_28d, 0) as limit_hits_28d,
        snapshots.main_device_28d,
        clients.main_os_28d,
        clients.main_browser_28d,

        -- value
        cast(snapshots.orders as integer) as orders,
        cast(snapshots.net_spend as decimal(18, 2)) as net_spend,
        {{ days_between('snapshots.last_ordered_on', 'snapshots.as_of_date') }} as days_since_order,
        {{ money('snapshots.net_spend + 12 * coalesce(accounts.mrr, 0) / greatest(accounts.members, 1)') }} as customer_value,
        coalesce(accounts.mrr, 0) as mrr,
        coalesce(accounts.seats, 0) as seats,
        {% for name in ['has_trial', 'is_paying', 'has_ever_paid'] -%}
        coalesce(accounts.{{ name }}, false) as {{ name }},
        {% endfor -%}
        {% for name in ['plan_id', 'plan_tier', 'is_free_plan'] -%}
        accounts.{{ name }},
        {% endfor %}
        -- voice
        snapshots.last_nps_score,
        snapshots.last_csat_score,
        cast(snapshots.open_tickets as integer) as open_tickets,
        coalesce(needs.tickets_90d, 0) as tickets_90d,
        needs.main_need,
        {% for name in ['openness_score', 'price_sensitivity_score', 'autonomy_score', 'tenure_days'] -%}
        snapshots.{{ name }},
        {% endfor %}
        -- who
        bands.band_key as age_band,
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
        accounts.members as account_members,

        -- dates
        {% for name in ['first_seen_on', 'first_active_on', 'last_active_on', 'first_ordered_on', 'last_ordered_on'] -%}
        snapshots.{{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from snapshots
    inner join traits
        on snapshots.customer_key = traits.customer_key
    left join accounts
        on
            snapshots.account_key = accounts.account_key
            and snapshots.as_of_date = accounts.as_of_date
    left join clients
        on
            snapshots.customer_key = clients.customer_key
            and snapshots.as_of_date = clients.as_of_date
    left join main_features
        on
            snapshots.customer_key = main_features.customer_key
            and snapshots.as_of_date = main_features.as_of_date
    left join needs
        on
            snapshots.customer_key = needs.customer_key
            and snapshots.as_of_date = needs.as_of_date
    left join countries
        on {{ country }} = countries.country_code
    left join bands
        on
            extract(year from snapshots.as_of_date) - traits.birth_year >= bands.lower_bound
            and (bands.upper_bound is null or extract(year from snapshots.as_of_date) - traits.birth_year < bands.upper_bound)

)

select * from final
