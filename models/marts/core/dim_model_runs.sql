with

runs as (

    select * from {{ ref('int_model_runs') }}

),

final as (

    select
        model_run_id,
        model,
        variant,
        status,
        reason,
        parameters,
        parameters_from,
        diagnostics,
        settings,
        observations,
        log_likelihood,
        gradient,
        calibration_ratio,
        converged,
        is_calibrated,
        is_used,
        trained_to,
        {{ add_days('trained_to', var('model_refit_days')) }} as refit_due_on,
        known_to,
        {{ as_of_date() }} as as_of_date
    from runs

)

select * from final
