with

rows_of_runs as (

    select * from {{ raw_source('clusters', 'models') }}

),

runs as (

    select * from {{ ref('stg_models__runs') }}

),

final as (

    select
        rows_of_runs.model_run_id,
        rows_of_runs.cluster_id,
        rows_of_runs.persona,
        rows_of_runs.sampled_customers,
        rows_of_runs.share,
        rows_of_runs.previous_share,
        rows_of_runs.moved,
        rows_of_runs.silhouette
    from rows_of_runs
    inner join runs
        on rows_of_runs.model_run_id = runs.model_run_id

)

select * from final
