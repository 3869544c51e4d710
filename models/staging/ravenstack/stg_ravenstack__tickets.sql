{{ config(enabled=var('preset') == 'ravenstack') }}
with

tickets as (

    select * from {{ ref('base_ravenstack__support_tickets') }}

),

final as (

    select
        ticket_id,
        account_id as user_id,
        account_id,
        cast(submitted_at as timestamp) as created_at,
        {{ add_minutes('cast(submitted_at as timestamp)', 'first_response_time_minutes') }} as first_responded_at,
        cast(closed_at as timestamp) as solved_at,
        cast(null as bigint) as reopened_count,
        cast(null as {{ dbt.type_string() }}) as kind,
        cast(null as {{ dbt.type_string() }}) as category,
        cast(null as {{ dbt.type_string() }}) as message,
        case when escalation_flag then '["escalated"]' else '[]' end as tags,
        priority,
        cast(null as bigint) as votes,
        cast(satisfaction_score as {{ type_double() }}) as satisfaction_score,
        cast(submitted_at as timestamp) as received_at,
        _batch_id,
        _row,
        _load_id
    from tickets

)

select * from final
