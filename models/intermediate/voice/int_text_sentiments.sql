with

texts as (

    select * from {{ ref('int_free_texts') }}

),

scores as (

    select * from {{ ref('stg_models__sentiment_scores') }}

),

final as (

    select
        texts.text_source,
        texts.record_id,
        scores.sentiment_score,
        case
            when scores.sentiment_score >= {{ var('sentiment_threshold') }} then 'positive'
            when scores.sentiment_score <= -{{ var('sentiment_threshold') }} then 'negative'
            when scores.sentiment_score is not null then 'neutral'
        end as sentiment
    from texts
    left join scores
        on texts.text_key = scores.text_key

)

select * from final
