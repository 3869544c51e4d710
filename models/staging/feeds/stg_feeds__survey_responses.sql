with source as (
    select * from {{ raw_source('survey_responses', known_at='received_at') }}
),

deduplicated as (
    {{ deduplicated('source', key=['response_id'], order=['received_at desc']) }}
),

final as (
    select
        -- ids
        response_id,
        survey_id,
        question_id,
        user_id,
        account_id,

        -- strings
        survey_kind,
        answer,

        -- numerics
        score,
        scale_max,
        was_sent_to,

        -- timestamps
        responded_at,
        received_at,

        -- lineage
        _batch_id,
        _row,
        _load_id
    from deduplicated
)

select * from final
