with

curves as (

    select * from {{ ref('int_survival_curves') }}

),

projections as (

    select * from {{ ref('stg_models__tenure_projections') }}

),

runs as (

    select * from {{ ref('int_model_runs') }}
    where
        model = 'account_tenure'
        and is_used

),

projected as (

    select projections.*
    from projections
    inner join runs
        on projections.model_run_id = runs.model_run_id

),

final as (

    select
        coalesce(curves.segment_dimension, projected.segment_dimension) as segment_dimension,
        coalesce(curves.segment_key, projected.segment_key) as segment_key,
        coalesce(curves.tenure_period, projected.tenure_period) as tenure_period,
        projected.variant as projection_model,
        projected.model_run_id,
        coalesce(curves.at_risk, 0) as at_risk,
        coalesce(curves.churned, 0) as churned,
        coalesce(curves.censored, 0) as censored,
        curves.hazard,
        curves.survival,
        curves.ci_low,
        curves.ci_high,
        projected.survival as projected_survival,
        projected.residual_lifetime,
        {{ is_small_n('curves.at_risk') }} as is_small_n,
        curves.tenure_period is null as is_projected,
        {{ as_of_date() }} as as_of_date
    from curves
    full outer join projected
        on
            curves.segment_dimension = projected.segment_dimension
            and curves.segment_key = projected.segment_key
            and curves.tenure_period = projected.tenure_period

)

select * from final
