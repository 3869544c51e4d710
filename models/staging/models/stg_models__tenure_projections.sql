with

rows_of_runs as (

    select * from {{ raw_source('tenure_projections', 'models') }}

),

runs as (

    select * from {{ ref('stg_models__runs') }}

),

final as (

    select
        rows_of_runs.model_run_id,
        rows_of_runs.segment_dimension,
        rows_of_runs.segment_key,
        rows_of_runs.variant,
        rows_of_runs.tenure_period,
        rows_of_runs.survival,
        rows_of_runs.residual_lifetime
    from rows_of_runs
    inner join runs
        on rows_of_runs.model_run_id = runs.model_run_id

)

select * from final
