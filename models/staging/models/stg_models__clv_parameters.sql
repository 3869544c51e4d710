with

rows_of_runs as (

    select * from {{ raw_source('clv_parameters', 'models') }}

),

runs as (

    select * from {{ ref('stg_models__runs') }}

),

final as (

    select
        rows_of_runs.model_run_id,
        rows_of_runs.cut_date,
        rows_of_runs.leaves_after_first,
        rows_of_runs.r,
        rows_of_runs.alpha,
        rows_of_runs.a,
        rows_of_runs.b,
        rows_of_runs.p,
        rows_of_runs.q,
        rows_of_runs.gamma,
        rows_of_runs.prediction_weeks
    from rows_of_runs
    inner join runs
        on rows_of_runs.model_run_id = runs.model_run_id

)

select * from final
