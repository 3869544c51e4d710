with

scores as (

    select * from {{ raw_source('sentiment_scores', 'models') }}

),

final as (

    select
        text_key,
        sentiment_score,
        language
    from scores

)

select * from final
