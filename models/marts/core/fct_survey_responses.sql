with

responses as (

    select * from {{ staged('survey_responses') }}

),

identities as (

    select * from {{ ref('int_identities') }} where identity_kind = 'user'

),

scales as (

    select * from {{ ref('survey_scales') }}

),

final as (

    -- the text stays out of the marts, because people write names into it
    select
        responses.response_id,
        responses.survey_id,
        responses.survey_kind,
        responses.question_id,
        identities.customer_id,
        responses.account_id,
        responses.score,
        responses.scale_max,
        case
            when responses.score is null then 'no_score'
            -- scores on unknown scales, or outside their scale, are invalid
            when scales.survey_kind is null or responses.score not between scales.scale_min and scales.scale_max then 'refused'
            when responses.score >= scales.positive_from then 'positive'
            when responses.score <= scales.negative_to then 'negative'
            else 'neutral'
        end as score_band,
        cast(
            (responses.score - scales.scale_min) / (scales.scale_max - scales.scale_min) as {{ type_double() }}
        ) as score_share_of_scale,
        responses.was_sent_to,
        {{ local_date('responses.responded_at') }} as responded_on,
        responses.responded_at
    from responses
    left join identities
        on responses.user_id = identities.identity_id
    left join scales
        on
            responses.survey_kind = scales.survey_kind
            and (responses.scale_max = scales.scale_max or (responses.scale_max is null and scales.is_default))
    where
        not coalesce(identities.is_internal, false)
        and {{ local_date('responses.responded_at') }} <= {{ as_of_date() }}

)

select * from final
