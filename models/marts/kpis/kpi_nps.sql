{%- set window_days = 90 -%}
with

answers as (

    select
        *,
        -- answers without an id cannot be attributed to one person
        coalesce('customer:' || customer_id, 'account:' || account_id, 'answer:' || response_id) as respondent_id
    from {{ ref('fct_survey_responses') }} where survey_kind = 'nps'

),

periods as (select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')),

segment_grid as (

    select * from {{ ref('int_segment_grid') }}
    where
        entity_type = 'customer'
        and period_grain in ('week', 'month')

),

segments as (select * from {{ ref('int_customer_segments') }}),

segment_sets as (select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'),

-- a refused or missing score replaces no answer: the latest valid one of each respondent counts
in_window as (

    select
        periods.period_grain,
        periods.period_start,
        periods.segment_date,
        answers.customer_id,
        answers.score_band,
        row_number() over (
            partition by periods.period_grain, periods.period_start, answers.respondent_id, answers.score_band = 'refused'
            order by answers.responded_at desc, answers.response_id desc
        ) as recency
    from answers
    inner join periods
        on
            answers.responded_on <= periods.last_day
            and answers.responded_on > {{ add_days('periods.last_day', -window_days) }}
    where answers.score_band <> 'no_score'

),

{% set bands = {'promoters': 'positive', 'passives': 'neutral', 'detractors': 'negative', 'refused': 'refused'} -%}
{% set counts = bands.keys() | list -%}
totals as (

    select
        in_window.period_grain,
        in_window.period_start,
        {% for column, band in bands.items() -%}
        sum(case when in_window.score_band = '{{ band }}' then 1 else 0 end) as {{ column }},
        {% endfor -%}
        coalesce(segments.segment_set_key, 0) as segment_set_key
    from in_window
    left join segments
        on
            in_window.customer_id = segments.customer_id
            and in_window.segment_date = segments.as_of_date
    where in_window.recency = 1 or in_window.score_band = 'refused'
    group by in_window.period_grain, in_window.period_start, coalesce(segments.segment_set_key, 0)

),

fanned_out as (

    {{ by_segment('totals', 'segment_sets', ['period_grain', 'period_start'], counts) }}

),

counted as (

    {{ on_segment_grid('segment_grid', 'fanned_out', {'bigint': counts}) }}

),

-- recipients are known for the whole survey, not by segment
surveyed as (

    select
        survey_id,
        respondent_id,
        min(responded_on) as responded_on,
        max(was_sent_to) as was_sent_to
    from answers
    where was_sent_to is not null
    group by survey_id, respondent_id

),

surveys as (

    select
        periods.period_grain,
        periods.period_start,
        surveyed.survey_id,
        count(*) as responses,
        max(surveyed.was_sent_to) as sent_to
    from surveyed
    inner join periods
        on surveyed.responded_on <= periods.last_day
    group by periods.period_grain, periods.period_start, surveyed.survey_id, periods.last_day
    having max(surveyed.responded_on) > {{ add_days('periods.last_day', -window_days) }}

),

mailings as (

    select
        period_grain,
        period_start,
        'all' as segment_dimension,
        'all' as segment_key,
        cast(sum(responses) as bigint) as responses,
        cast(sum(sent_to) as bigint) as sent_to
    from surveys
    group by period_grain, period_start

),

final as (

    select
        counted.period_grain,
        counted.period_start,
        counted.segment_dimension,
        counted.segment_key,
        counted.is_complete,
        {% for column in counts -%}
        counted.{{ column }},
        {% endfor -%}
        {{ net_promoter_score('counted.promoters', 'counted.passives', 'counted.detractors') }},
        mailings.responses,
        mailings.sent_to,
        {{ rate_with_interval('response_rate', 'mailings.responses', 'mailings.sent_to', flag=none) }},
        counted.as_of_date
    from counted
    left join mailings
        on {{ same_segment_period('counted', 'mailings') }}

)

select * from final
