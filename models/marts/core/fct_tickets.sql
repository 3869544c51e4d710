with

tickets as (

    select * from {{ staged('tickets') }}

),

identities as (

    select * from {{ ref('int_identities') }} where identity_kind = 'user'

),

final as (

    select
        tickets.ticket_id,
        identities.customer_id,
        tickets.account_id,
        tickets.kind,
        tickets.category,
        tickets.priority,
        tickets.votes,
        tickets.reopened_count,
        tickets.satisfaction_score,
        {{ local_date('tickets.created_at') }} as created_on,
        tickets.created_at,
        tickets.first_responded_at,
        tickets.solved_at
    from tickets
    left join identities
        on tickets.user_id = identities.identity_id
    where not coalesce(identities.is_internal, false)

)

select * from final
