{#-
    Buyers scored by the run in use: on the as-of date for the future, on the origins of the back-test for the days held
    out. The one function that SQL lacks, what a customer who is alive will buy, is looked up by frequency and age.
-#}
with

summaries as (

    select
        *,
        recency_days / cast(7 as {{ type_double() }}) as recency,
        age_days / cast(7 as {{ type_double() }}) as customer_age
    from {{ ref('int_customer_purchase_summaries') }}

),

runs as (

    select * from {{ ref('int_model_runs') }}
    where
        model = 'customer_lifetime_value'
        and is_used

),

clv_parameters as (

    select * from {{ ref('stg_models__clv_parameters') }}

),

clv_lookup as (

    select * from {{ ref('stg_models__clv_lookup') }}

),

parameters as (

    -- a run trained some days ago scores the as-of date with its newest parameters, and its back-test as it was
    select
        runs.model_run_id,
        clv_parameters.cut_date,
        case when clv_parameters.cut_date = runs.trained_to then {{ as_of_date() }} else clv_parameters.cut_date end
            as scored_on,
        clv_parameters.leaves_after_first,
        clv_parameters.r,
        clv_parameters.alpha,
        clv_parameters.a,
        clv_parameters.b,
        clv_parameters.p,
        clv_parameters.q,
        clv_parameters.gamma,
        clv_parameters.prediction_weeks
    from runs
    inner join clv_parameters
        on runs.model_run_id = clv_parameters.model_run_id

),

scored as (

    select
        summaries.*,
        parameters.model_run_id,
        parameters.prediction_weeks,
        clv_lookup.purchases,
        clv_lookup.discounted_12m,
        clv_lookup.discounted_horizon,
        {{ purchase_probability_alive('parameters', 'summaries') }} as probability_alive,
        {{ purchase_probability_buying('parameters', 'summaries') }} as probability_buying,
        {{ expected_order_value('parameters', 'summaries.frequency', 'summaries.mean_repeat_value') }} as order_value
    from summaries
    inner join parameters
        on summaries.cut_date = parameters.scored_on
    left join clv_lookup
        on
            parameters.model_run_id = clv_lookup.model_run_id
            and parameters.cut_date = clv_lookup.cut_date
            and summaries.frequency = clv_lookup.frequency
            and summaries.age_days = clv_lookup.age_days
    where {{ purchase_history_status('summaries') }} = 'scored'

),

final as (

    select
        cut_date,
        customer_key,
        model_run_id,
        frequency,
        recency,
        age_days,
        customer_age,
        prediction_weeks,
        purchases_of_last_period,
        holdout_purchases,
        {{ money('order_value') }} as expected_order_value,
        round(probability_alive, 9) as probability_alive,
        round(probability_alive * probability_buying, 9) as probability_active,
        round(probability_alive * purchases, 9) as expected_purchases,
        round(probability_alive * discounted_12m, 9) as discounted_purchases_12m,
        round(probability_alive * discounted_horizon, 9) as discounted_purchases_horizon,
        is_current
    from scored

)

select * from final
