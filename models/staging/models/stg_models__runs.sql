with

runs as (

    select * from {{ raw_source('runs', 'models', known_at='known_to') }}

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
        observations,
        log_likelihood,
        gradient,
        converged,
        calibration_ratio,
        is_calibrated,
        diagnostics,
        settings,
        trained_to,
        known_to
    from runs

)

select * from final
