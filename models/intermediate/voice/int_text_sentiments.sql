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
        end as sentiment,
        -- a text that was read and has no score is in a language that the lexicon does not know
        case when scores.text_key is not null then scores.sentiment_score is not null end as is_language_supported
    from texts
    left join scores
        on texts.text_key = scores.text_key

)

select * from final
