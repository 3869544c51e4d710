with

sentiments as (select * from {{ ref('int_text_sentiments') }}),

responses as (select * from {{ ref('fct_survey_responses') }}),

tickets as (select * from {{ ref('fct_tickets') }}),

periods as (select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')),

segments as (select * from {{ ref('int_customer_segments') }}),

customer_needs as (select * from {{ ref('int_customer_needs') }}),

segment_sets as (select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'),

records as (

    select
        'survey_answer' as text_source,
        response_id as record_id,
        customer_id,
        responded_on as written_on,
        cast(null as {{ dbt.type_string() }}) as need_of_record
    from responses
    union all
    select
        'ticket' as text_source,
        ticket_id as record_id,
        customer_id,
        created_on as written_on,
        -- a ticket's category determines its need
        nullif(need_key, 'unknown') as need_of_record
    from tickets

),

{% set kinds = ['positive', 'neutral', 'negative'] -%}
placed as (

    select
        periods.period_grain,
        periods.period_start,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        records.text_source as source_of_text,
        coalesce(records.need_of_record, customer_needs.main_need, 'unknown') as need_of_text,
        sentiments.sentiment,
        cast(sentiments.sentiment_score as decimal(18, 6)) as sentiment_score,
        case when not sentiments.is_language_supported then 1 else 0 end as is_unsupported
    from records
    inner join sentiments
        on
            records.text_source = sentiments.text_source
            and records.record_id = sentiments.record_id
    inner join periods
        on records.written_on between periods.period_start and periods.last_day
    left join segments
        on
            records.customer_id = segments.customer_id
            and periods.segment_date = segments.as_of_date
    left join customer_needs
        on
            segments.customer_key = customer_needs.customer_key
            and segments.as_of_date = customer_needs.as_of_date

),

-- each source and each need, and all of them
totals as (

    select
        period_grain,
        period_start,
        segment_set_key,
        coalesce(source_of_text, 'all') as text_source,
        coalesce(need_of_text, 'all') as need_key,
        count(*) as texts,
        sum(is_unsupported) as unsupported_texts,
        {% for kind in kinds -%}
        sum(case when sentiment = '{{ kind }}' then 1 else 0 end) as {{ kind }},
        {% endfor -%}
        sum(coalesce(sentiment_score, 0)) as score_sum
    from placed
    group by period_grain, period_start, segment_set_key, cube(source_of_text, need_of_text)

),

fanned_out as (

    {{ by_segment(
        'totals',
        'segment_sets',
        ['period_grain', 'period_start', 'text_source', 'need_key'],
        ['texts', 'unsupported_texts', 'score_sum'] + kinds
    ) }}

),

final as (

    select
        fanned_out.period_grain,
        fanned_out.period_start,
        fanned_out.segment_dimension,
        fanned_out.segment_key,
        fanned_out.text_source,
        fanned_out.need_key,
        periods.is_complete,
        cast(fanned_out.texts as bigint) as texts,
        cast(fanned_out.unsupported_texts as bigint) as unsupported_texts,
        {{ safe_divide('fanned_out.unsupported_texts', 'fanned_out.texts') }} as unsupported_share,
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
