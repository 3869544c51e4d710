with

changes as (

    select * from {{ ref('int_mrr_changes') }}

),

projections as (

    select * from {{ ref('stg_models__tenure_projections') }} where segment_dimension = 'all'

),

runs as (

    select * from {{ ref('int_model_runs') }}
    where
        model = 'account_tenure'
        and is_used

),

lifetimes as (

    select
        projections.model_run_id,
        projections.tenure_period,
        projections.residual_lifetime
    from projections
    inner join runs
        on projections.model_run_id = runs.model_run_id
    where projections.residual_lifetime is not null

),

stints as (

    -- a return begins a tenure of its own
    select
        account_id,
        max(case when movement_type in ('new', 'reactivation') then change_date end) as paying_since,
        max(case when next_change_date is null then mrr_after end) as mrr
    from changes
    group by account_id

),

measured as (

    select
        account_id,
        paying_since,
        mrr,
        {{ full_months('paying_since', add_days(as_of_date(), 1)) }} as tenure_period
    from stints
    where mrr > 0

),

final as (

    select
        measured.account_id,
        lifetimes.model_run_id,
        measured.mrr,
        measured.tenure_period,
        lifetimes.residual_lifetime,
        {{ money('measured.mrr * lifetimes.residual_lifetime * ' ~ var('gross_margin')) }} as residual_value,
        measured.paying_since,
        {{ as_of_date() }} as as_of_date
    from measured
    left join lifetimes
        on measured.tenure_period = lifetimes.tenure_period

)

select * from final
