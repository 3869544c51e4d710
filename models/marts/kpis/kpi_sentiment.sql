with

sentiments as (

    select * from {{ ref('int_text_sentiments') }}

),

responses as (

    select * from {{ ref('fct_survey_responses') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

customer_needs as (

    select * from {{ ref('int_customer_needs') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

written as (

    select
        responses.customer_id,
        responses.responded_on as written_on,
        sentiments.sentiment,
        cast(sentiments.sentiment_score as decimal(18, 6)) as sentiment_score
    from sentiments
    inner join responses
        on
            sentiments.text_source = 'survey_answer'
            and sentiments.record_id = responses.response_id

),

{% set kinds = ['positive', 'neutral', 'negative'] -%}
totals as (

    select
        periods.period_grain,
        periods.period_start,
        coalesce(customer_needs.main_need, 'unknown') as need_key,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        count(*) as texts,
        {% for kind in kinds -%}
        sum(case when written.sentiment = '{{ kind }}' then 1 else 0 end) as {{ kind }},
        {% endfor -%}
        sum(coalesce(written.sentiment_score, 0)) as score_sum
    from written
    inner join periods
        on written.written_on between periods.period_start and periods.last_day
    left join segments
        on
            written.customer_id = segments.customer_id
            and periods.segment_date = segments.as_of_date
    left join customer_needs
        on
            segments.customer_key = customer_needs.customer_key
            and segments.as_of_date = customer_needs.as_of_date
    group by
        periods.period_grain,
        periods.period_start,
        coalesce(customer_needs.main_need, 'unknown'),
        coalesce(segments.segment_set_key, 0)

),

-- each need, and all of them
needs as (

    select * from totals
    union all
    select
        period_grain,
        period_start,
        'all' as need_key,
        segment_set_key,
        texts,
        {% for kind in kinds -%}
        {{ kind }},
        {% endfor -%}
        score_sum
    from totals

),

fanned_out as (

    {{ by_segment('needs', ['period_grain', 'period_start', 'need_key'], ['texts', 'score_sum'] + kinds) }}

),

final as (

    select
        fanned_out.period_grain,
        fanned_out.period_start,
        fanned_out.segment_dimension,
        fanned_out.segment_key,
        fanned_out.need_key,
        periods.is_complete,
        cast(fanned_out.texts as bigint) as texts,
        {% set n = 'fanned_out.positive + fanned_out.neutral + fanned_out.negative' -%}
        cast({{ n }} as bigint) as n,
        {% for kind in kinds -%}
        cast(fanned_out.{{ kind }} as bigint) as {{ kind }},
        {{ rate_with_interval(kind ~ '_share', 'fanned_out.' ~ kind, '(' ~ n ~ ')', flag='is_small_n' if loop.first else none) }},
        {% endfor -%}
        {{ safe_divide('fanned_out.score_sum', n) }} as mean_score,
        periods.as_of_date
    from fanned_out
    inner join periods
        on
            fanned_out.period_grain = periods.period_grain
            and fanned_out.period_start = periods.period_start

)

select * from final
