with

runs as (

    select * from {{ ref('stg_models__runs') }}

),

ranked as (

    -- usable: has parameters, and was made under the settings of this build
    select
        *,
        parameters is not null and settings = '{{ model_settings() }}' as is_usable,
        row_number() over (
            partition by model, parameters is not null and settings = '{{ model_settings() }}'
            order by trained_to desc, known_to desc, model_run_id desc
        ) as age_rank
    from runs
    where trained_to <= {{ as_of_date() }}

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
        is_usable and age_rank = 1 as is_used,
        trained_to,
        known_to
    from ranked

)

select * from final
