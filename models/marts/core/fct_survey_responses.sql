with

responses as (

    select * from {{ staged('survey_responses') }}

),

identities as (

    select * from {{ ref('int_identities') }} where identity_kind = 'user'

),

final as (

    -- the answer's text stays out of the marts: people write names into it
    select
        responses.response_id,
        responses.survey_id,
        responses.survey_kind,
        responses.question_id,
        identities.customer_id,
        responses.account_id,
        responses.score,
        responses.scale_max,
        {{ local_date('responses.responded_at') }} as responded_on,
        responses.responded_at
    from responses
    left join identities
        on responses.user_id = identities.identity_id
    where
        not coalesce(identities.is_internal, false)
        and {{ local_date('responses.responded_at') }} <= {{ as_of_date() }}

)

select * from final
