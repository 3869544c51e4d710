{#-
    What people wrote, for the scoring between the two parts of a build. A view: the text is stored in staging only. The key
    mixes the record's id with its text: a text that was edited is scored again, and equal texts have no key in common.
-#}
{{ config(materialized='view', tags=['fit_input']) }}
with

responses as (

    select * from {{ staged('survey_responses') }}

),

final as (

    select
        'survey_answer' as text_source,
        response_id as record_id,
        {{ int64_key("'survey_answer:' || response_id || ':' || answer") }} as text_key,
        answer as free_text
    from responses
    where
        answer is not null
        -- the others offer answers to choose from
        and survey_kind in ('nps', 'csat', 'ces')

)

select * from final
