{#- The most frequent need in tickets of the last 90 days, or else the need stated at sign-up. -#}
with

tickets as (

    select * from {{ staged('tickets') }}

),

answers as (

    select * from {{ staged('survey_responses') }} where survey_kind = 'welcome'

),

identities as (

    select * from {{ ref('int_identities') }} where identity_kind = 'user'

),

taxonomy as (

    select * from {{ ref('need_taxonomy') }}

),

window_days as (

    select * from {{ ref('int_as_of_window_days') }}

),

as_of_dates as (

    select * from {{ ref('int_as_of_dates') }}

),

told_in_tickets as (

    select
        identities.customer_key,
        window_days.as_of_date,
        taxonomy.need_key,
        min(taxonomy.sort_order) as sort_order,
        count(*) as tickets
    from tickets
    inner join identities
        on tickets.user_id = identities.identity_id
    inner join window_days
        on {{ local_date('tickets.created_at') }} = window_days.date_day
    left join taxonomy
        on
            taxonomy.source = 'ticket_category'
            and lower(tickets.category) = taxonomy.source_value
    group by identities.customer_key, window_days.as_of_date, taxonomy.need_key

),

told_on_arrival as (

    select
        identities.customer_key,
        taxonomy.need_key,
        taxonomy.sort_order,
        {{ local_date('answers.responded_at') }} as valid_from,
        lead({{ local_date('answers.responded_at') }}) over (
            partition by identities.customer_key order by answers.responded_at, answers.response_id
        ) as valid_to
    from answers
    inner join identities
        on answers.user_id = identities.identity_id
    inner join taxonomy
        on
            taxonomy.source = 'welcome_answer'
            and lower(answers.answer) = taxonomy.source_value

),

told as (

    select
        customer_key,
        as_of_date,
        need_key,
        sort_order,
        tickets
    from told_in_tickets
    union all
    select
        told_on_arrival.customer_key,
        as_of_dates.as_of_date,
        told_on_arrival.need_key,
        told_on_arrival.sort_order,
        0 as tickets
    from told_on_arrival
    inner join as_of_dates
        on
            told_on_arrival.valid_from <= as_of_dates.as_of_date
            and (told_on_arrival.valid_to is null or told_on_arrival.valid_to > as_of_dates.as_of_date)

),

ranked as (

    select
        *,
        sum(tickets) over (partition by customer_key, as_of_date) as tickets_90d,
        row_number() over (
            partition by customer_key, as_of_date
            order by case when need_key is null then 1 else 0 end asc, tickets desc, sort_order asc, need_key asc
        ) as need_rank
    from told

),

final as (

    select
        customer_key,
        as_of_date,
        need_key as main_need,
        cast(tickets_90d as integer) as tickets_90d
    from ranked
    where need_rank = 1

)

select * from final
