with

features as (

    select * from {{ ref('int_customer_features') }}

),

accounts as (

    select * from {{ ref('int_account_segments') }}

),

rfm as (

    select * from {{ ref('int_customer_rfm') }}

),

clusters as (

    select * from {{ ref('int_customer_clusters') }}

),

-- what no rule decides: scores, clusters and the segments of the customer's account
known as (

    select
        features.*,
        coalesce(rfm.rfm_group, 'non_buyer') as rfm,
        coalesce(clusters.cluster_key, 'unknown') as cluster,
        {% for dimension in account_dimensions() + replaced_dimensions('account') -%}
        coalesce(accounts.{{ dimension }}, 'unknown') as {{ dimension }},
        {% endfor -%}
        features.has_ever_paid and not features.is_paying as has_stopped_paying
    from features
    left join accounts
        on
            features.account_key = accounts.account_key
            and features.as_of_date = accounts.as_of_date
    left join rfm
        on
            features.customer_key = rfm.customer_key
            and features.as_of_date = rfm.as_of_date
    left join clusters
        on
            features.customer_key = clusters.customer_key
            and features.as_of_date = clusters.as_of_date

),

{{ segmented('customer', 'known', 'customer_key') }},

final as (

    select
        customer_id,
        customer_key,
        account_id,
        as_of_date,
        is_current,
        first_active_on,
        active_days_7d,
        active_days_28d,
        has_stopped_paying,
        {% for dimension in customer_dimensions() -%}
        {{ dimension }},
        {% endfor -%}
        {% for audience in audiences('customer') -%}
        in_{{ audience }},
        {% endfor -%}
        {% for column in retired_states('customer') + replaced_dimensions('account') -%}
        {{ column }},
        {% endfor -%}
        {{ segment_set_key(set_dimensions('customer')) }} as segment_set_key
    from segmented

)

select * from final
