{#-
    What people wrote, for the scoring between the two parts of a build. A view: the text is stored in staging only. The key
    mixes the record's id with its text: a text that was edited is scored again, and equal texts have no key in common.
-#}
{{ config(materialized='view', tags=['fit_input']) }}
with

responses as (

    select * from {{ staged('survey_responses') }}

),

tickets as (

    select * from {{ staged('tickets') }}

),

written as (

    select
        'survey_answer' as text_source,
        response_id as record_id,
        answer as free_text
    from responses
    -- other questions are multiple choice
    where survey_kind in ('nps', 'csat', 'ces')
    union all
    select
        'ticket' as text_source,
        ticket_id as record_id,
        message as free_text
    from tickets

),

final as (

    select
        text_source,
        record_id,
        {{ int64_key("text_source || ':' || record_id || ':' || free_text") }} as text_key,
        free_text
    from written
    where free_text is not null

)

select * from final
