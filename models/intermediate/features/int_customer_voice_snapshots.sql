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

snapshots as (

    select * from {{ ref('int_snapshots') }}

),

scores as (

    select
        identities.customer_key,
        responses.survey_kind,
        responses.score,
        {{ local_date('responses.responded_at') }} as valid_from,
        lead({{ local_date('responses.responded_at') }}) over (
            partition by identities.customer_key, responses.survey_kind
            order by responses.responded_at, responses.response_id
        ) as valid_to
    from responses
    inner join identities
        on responses.user_id = identities.identity_id
    where
        responses.survey_kind in ('nps', 'csat')
        and responses.score is not null

),

scored as (

    select
        scores.customer_key,
        snapshots.as_of_date,
        max(case when scores.survey_kind = 'nps' then scores.score end) as last_nps_score,
        max(case when scores.survey_kind = 'csat' then scores.score end) as last_csat_score
    from scores
    inner join snapshots
        on
            scores.valid_from <= snapshots.as_of_date
            and (scores.valid_to is null or scores.valid_to > snapshots.as_of_date)
    group by scores.customer_key, snapshots.as_of_date

),

opened as (

    select
        identities.customer_key,
        snapshots.as_of_date,
        count(*) as open_tickets
    from tickets
    inner join identities
        on tickets.user_id = identities.identity_id
    inner join snapshots
        on
            {{ local_date('tickets.created_at') }} <= snapshots.as_of_date
            and (tickets.solved_at is null or {{ local_date('tickets.solved_at') }} > snapshots.as_of_date)
    group by identities.customer_key, snapshots.as_of_date

),

final as (

    select
        coalesce(scored.customer_key, opened.customer_key) as customer_key,
        coalesce(scored.as_of_date, opened.as_of_date) as as_of_date,
        scored.last_nps_score,
        scored.last_csat_score,
        coalesce(opened.open_tickets, 0) as open_tickets
    from scored
    full outer join opened
        on
            scored.customer_key = opened.customer_key
            and scored.as_of_date = opened.as_of_date

)

select * from final
