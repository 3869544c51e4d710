with

tickets as (

    select * from {{ staged('tickets') }}

),

identities as (

    select * from {{ ref('int_identities') }} where identity_kind = 'user'

),

needs as (

    select * from {{ ref('need_taxonomy') }} where source = 'ticket_category'

),

final as (

    select
        tickets.ticket_id,
        identities.customer_id,
        tickets.account_id,
        tickets.kind,
        tickets.category,
        coalesce(needs.need_key, 'unknown') as need_key,
        tickets.priority,
        tickets.votes,
        tickets.reopened_count,
        -- responses, solutions and ratings after the as-of date have not happened yet
        case
            when tickets.solved_at is null or {{ local_date('tickets.solved_at') }} <= {{ as_of_date() }}
                then tickets.satisfaction_score
        end as satisfaction_score,
        {{ local_date('tickets.created_at') }} as created_on,
        tickets.created_at,
        case when {{ local_date('tickets.first_responded_at') }} <= {{ as_of_date() }} then tickets.first_responded_at end
            as first_responded_at,
        case when {{ local_date('tickets.solved_at') }} <= {{ as_of_date() }} then tickets.solved_at end as solved_at
    from tickets
    left join identities
        on tickets.user_id = identities.identity_id
    left join needs
        on lower(tickets.category) = needs.source_value
    where
        not coalesce(identities.is_internal, false)
        and {{ local_date('tickets.created_at') }} <= {{ as_of_date() }}

)

select * from final
