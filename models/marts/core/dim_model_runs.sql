with

runs as (

    select * from {{ ref('stg_models__runs') }}

),

used as (

    select * from {{ ref('int_model_runs_used') }}

),

final as (

    select
        runs.model_run_id,
        runs.model,
        runs.variant,
        runs.status,
        runs.reason,
        runs.parameters,
        runs.parameters_from,
        runs.diagnostics,
        runs.settings,
        runs.observations,
        runs.log_likelihood,
        runs.gradient,
        runs.calibration_ratio,
        runs.converged,
        runs.is_calibrated,
        used.model_run_id is not null as is_used,
        runs.trained_to,
        {{ add_days('runs.trained_to', var('model_refit_days')) }} as refit_due_on,
        runs.known_to,
        {{ as_of_date() }} as as_of_date
    from runs
    left join used
        on runs.model_run_id = used.model_run_id

)

select * from final
