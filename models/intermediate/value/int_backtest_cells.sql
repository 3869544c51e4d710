{#-
    Held-out purchases against what the run in use and naive baselines had said, by tenth of the prediction. Errors are
    rounded before they are summed, so that a sum does not depend on its order.
-#}
{%- set predictors = {
    'model': ['expected_purchases', 'probability_active'],
    'own_rate': ['own_rate', '1 - exp(-own_rate)'],
    'average_rate': ['average_rate', '1 - exp(-average_rate)'],
    'last_period': ['purchases_of_last_period', '1 - exp(-purchases_of_last_period)'],
} -%}
with

scores as (

    select * from {{ ref('int_customer_purchase_scores') }}
    where
        not is_current
        and expected_purchases is not null

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

averages as (

    select
        cut_date,
        cast(sum(frequency) as {{ type_double() }}) / sum(age_days) as purchases_a_day
    from scores
    group by cut_date

),

rated as (

    select
        scores.*,
        scores.frequency / scores.customer_age * scores.prediction_weeks as own_rate,
        averages.purchases_a_day * 7 * scores.prediction_weeks as average_rate
    from scores
    inner join averages
        on scores.cut_date = averages.cut_date

),

predicted as (

    {% for predictor, (prediction, probability) in predictors.items() -%}
    select
        model_run_id,
        cut_date,
        customer_key,
        '{{ predictor }}' as predictor,
        cast({{ prediction }} as {{ type_double() }}) as predicted,
        {{ probability }} as probability,
        holdout_purchases
    from rated
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

ranked as (

    -- equal predictions share a tenth
    select
        *,
        1 + least(9, cast(floor(
            10 * percent_rank() over (partition by cut_date, predictor order by predicted desc)
        ) as integer)) as decile
    from predicted

),

final as (

    select
        ranked.model_run_id,
        ranked.cut_date,
        ranked.predictor,
        ranked.decile,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        count(*) as customers,
        sum(ranked.holdout_purchases) as actual,
        sum(cast(ranked.predicted as decimal(18, 6))) as predicted,
        sum(cast(
            (ranked.predicted - ranked.holdout_purchases) * (ranked.predicted - ranked.holdout_purchases) as decimal(18, 6)
        )) as squared_error,
        sum(cast(
            (ranked.probability - case when ranked.holdout_purchases > 0 then 1 else 0 end)
            * (ranked.probability - case when ranked.holdout_purchases > 0 then 1 else 0 end) as decimal(18, 6)
        )) as brier_error
    from ranked
    left join segments
        on
            ranked.customer_key = segments.customer_key
            and {{ add_days(period_start('week', 'ranked.cut_date'), -1) }} = segments.as_of_date
    group by ranked.model_run_id, ranked.cut_date, ranked.predictor, ranked.decile, coalesce(segments.segment_set_key, 0)

)

select * from final
