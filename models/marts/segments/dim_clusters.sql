with

clusters as (

    select * from {{ ref('stg_models__clusters') }}

),

runs as (

    select * from {{ ref('int_model_runs') }}
    where
        model = 'customer_clusters'
        and is_used

),

customers as (

    select * from {{ ref('int_customer_clusters') }} where as_of_date = {{ as_of_date() }}

),

assigned as (

    select
        cluster_key,
        count(*) as customers
    from customers
    group by cluster_key

),

final as (

    select
        'cluster_' || cast(clusters.cluster_id as {{ dbt.type_string() }}) as segment_key,
        clusters.persona,
        clusters.model_run_id,
        cast(coalesce(assigned.customers, 0) as bigint) as customers,
        clusters.sampled_customers,
        clusters.share,
        clusters.previous_share,
        clusters.moved,
        clusters.silhouette,
        runs.trained_to,
        {{ as_of_date() }} as as_of_date
    from clusters
    inner join runs
        on clusters.model_run_id = runs.model_run_id
    left join assigned
        on 'cluster_' || cast(clusters.cluster_id as {{ dbt.type_string() }}) = assigned.cluster_key

)

select * from final
