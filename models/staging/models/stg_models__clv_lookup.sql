with

rows_of_runs as (

    select * from {{ raw_source('clv_lookup', 'models') }}

),

runs as (

    select * from {{ ref('stg_models__runs') }}

),

final as (

    select
        rows_of_runs.model_run_id,
        rows_of_runs.cut_date,
        rows_of_runs.frequency,
        rows_of_runs.age_days,
        rows_of_runs.purchases,
        rows_of_runs.discounted_12m,
        rows_of_runs.discounted_horizon
    from rows_of_runs
    inner join runs
        on rows_of_runs.model_run_id = runs.model_run_id

)

select * from final
