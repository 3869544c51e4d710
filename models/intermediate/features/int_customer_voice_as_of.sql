{%- set traits = ['openness_score', 'price_sensitivity_score', 'autonomy_score'] -%}
with

responses as (

    select * from {{ staged('survey_responses') }}

),

tickets as (

    select * from {{ staged('tickets') }}

),

identities as (

    select * from {{ ref('int_identities') }} where identity_kind = 'user'

),

survey_traits as (

    select * from {{ ref('survey_traits') }}

),

as_of_dates as (

    select * from {{ ref('int_as_of_dates') }}

),

scores as (

    select
        identities.customer_key,
        coalesce(survey_traits.trait, responses.survey_kind) as measure,
        case
            -- on a scale of 1 to 5, so that a rule on it means the same whatever scale was asked on
            when responses.survey_kind = 'csat'
                then 1 + (responses.score - 1) * 4 / nullif(coalesce(responses.scale_max, 5) - 1, 0)
            when survey_traits.trait is null then responses.score
            when survey_traits.is_reversed then 1 - (responses.score - 1) / nullif(responses.scale_max - 1, 0)
            else (responses.score - 1) / nullif(responses.scale_max - 1, 0)
        end as score,
        {{ local_date('responses.responded_at') }} as valid_from,
        lead({{ local_date('responses.responded_at') }}) over (
            partition by identities.customer_key, coalesce(survey_traits.trait, responses.survey_kind)
            order by responses.responded_at, responses.response_id
        ) as valid_to
    from responses
    inner join identities
        on responses.user_id = identities.identity_id
    left join survey_traits
        on
            responses.survey_kind = 'psychographic'
            and responses.question_id = survey_traits.question_id
    where
        (
            survey_traits.trait in ('{{ traits | join("', '") }}')
            or (survey_traits.trait is null and responses.survey_kind in ('nps', 'csat'))
        )
        and responses.score is not null

),

scored as (

    select
        scores.customer_key,
        as_of_dates.as_of_date,
        {% for trait in traits -%}
        max(case when scores.measure = '{{ trait }}' then scores.score end) as {{ trait }},
        {% endfor -%}
        max(case when scores.measure = 'nps' then scores.score end) as last_nps_score,
        max(case when scores.measure = 'csat' then scores.score end) as last_csat_score
    from scores
    inner join as_of_dates
        on
            scores.valid_from <= as_of_dates.as_of_date
            and (scores.valid_to is null or scores.valid_to > as_of_dates.as_of_date)
    group by scores.customer_key, as_of_dates.as_of_date

),

opened as (

    select
        identities.customer_key,
        as_of_dates.as_of_date,
        count(*) as open_tickets
    from tickets
    inner join identities
        on tickets.user_id = identities.identity_id
    inner join as_of_dates
        on
            {{ local_date('tickets.created_at') }} <= as_of_dates.as_of_date
            and (tickets.solved_at is null or {{ local_date('tickets.solved_at') }} > as_of_dates.as_of_date)
    group by identities.customer_key, as_of_dates.as_of_date

),

final as (

    select
        coalesce(scored.customer_key, opened.customer_key) as customer_key,
        coalesce(scored.as_of_date, opened.as_of_date) as as_of_date,
        scored.last_nps_score,
        scored.last_csat_score,
        {% for trait in traits -%}
        scored.{{ trait }},
        {% endfor -%}
        coalesce(opened.open_tickets, 0) as open_tickets
    from scored
    full outer join opened
        on
            scored.customer_key = opened.customer_key
            and scored.as_of_date = opened.as_of_date

)

select * from final
