with

rows_of_runs as (

    select * from {{ raw_source('cluster_centroids', 'models') }}

),

runs as (

    select * from {{ ref('stg_models__runs') }}

),

final as (

    select
        rows_of_runs.model_run_id,
        rows_of_runs.cluster_id,
        rows_of_runs.feature,
        rows_of_runs.center,
        rows_of_runs.scale,
        rows_of_runs.centroid
    from rows_of_runs
    inner join runs
        on rows_of_runs.model_run_id = runs.model_run_id

)

select * from final
