{{ config(tags=['fit_input']) }}
with

tenures as (

    select * from {{ ref('int_account_tenures') }}

),

segment_sets as (

    select * from {{ ref('int_account_segment_sets') }}

),

totals as (

    select
        tenure_period,
        segment_set_key,
        sum(case when is_churned then 1 else 0 end) as churned,
        sum(case when is_churned then 0 else 1 end) as censored
    from tenures
    group by tenure_period, segment_set_key

),

fanned_out as (

    {{ by_segment('totals', 'segment_sets', ['tenure_period'], ['churned', 'censored']) }}

),

final as (

    select
        segment_dimension,
        segment_key,
        tenure_period,
        cast(churned as integer) as churned,
        cast(censored as integer) as censored,
        -- all accounts that stayed at least this long, including those censored here
        cast(sum(churned + censored) over (
            partition by segment_dimension, segment_key order by tenure_period desc
            rows between unbounded preceding and current row
        ) as integer) as at_risk
    from fanned_out

)

select * from final
