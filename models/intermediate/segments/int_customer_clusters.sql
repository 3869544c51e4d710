with

customers_as_of as (

    select * from {{ ref('int_customers_as_of') }}

),

accounts as (

    select * from {{ ref('int_accounts_as_of') }}

),

rows_of_runs as (

    select * from {{ ref('stg_models__cluster_centroids') }}

),

runs as (

    select * from {{ ref('int_model_runs') }}
    where
        model = 'customer_clusters'
        and is_used

),

-- one row even without a fit; then every column is NULL
centroids as (

    select
        {% for name in cluster_features() -%}
        {% for id in cluster_ids() -%}
        max(case when rows_of_runs.feature = '{{ name }}' and rows_of_runs.cluster_id = {{ id }} then rows_of_runs.centroid end)
            as {{ name }}_{{ id }},
        {% endfor -%}
        max(case when rows_of_runs.feature = '{{ name }}' then rows_of_runs.center end) as {{ name }}_center,
        max(case when rows_of_runs.feature = '{{ name }}' then rows_of_runs.scale end) as {{ name }}_scale,
        {% endfor -%}
        max(rows_of_runs.model_run_id) as model_run_id
    from rows_of_runs
    inner join runs
        on rows_of_runs.model_run_id = runs.model_run_id

),

customers as (

    select
        customers_as_of.customer_key,
        customers_as_of.as_of_date,
        {{ cluster_values() }}
    from customers_as_of
    left join accounts
        on
            customers_as_of.account_key = accounts.account_key
            and customers_as_of.as_of_date = accounts.as_of_date

),

distances as (

    select
        {% for id in cluster_ids() -%}
        coalesce({{ cluster_distance(id, 'customers', 'centroids') }}, 1e300) as distance_{{ id }},
        {% endfor -%}
        customers.customer_key,
        customers.as_of_date
    from customers
    cross join centroids

),

nearest as (

    select
        *,
        least(
            {% for id in cluster_ids()[1:] -%}
            distance_{{ id }},
            {% endfor -%}
            distance_{{ cluster_ids()[0] }}
        ) as distance
    from distances

),

final as (

    select
        customer_key,
        as_of_date,
        case distance
            {% for id in cluster_ids() -%}
            when distance_{{ id }} then 'cluster_{{ id }}'
            {% endfor -%}
        end as cluster_key,
        sqrt(distance) as distance
    from nearest
    where distance < 1e300

)

select * from final
