with

consents as (

    select * from {{ staged('consents') }} where purpose = '{{ var("audience_consent_purpose") }}'

),

erasure_requests as (

    select * from {{ staged('erasure_requests') }}

),

identities as (

    select * from {{ ref('int_identities') }} where identity_kind = 'user'

),

decisions as (

    -- of simultaneous decisions by one person, a refusal wins
    select
        identities.customer_id,
        {{ local_date('consents.decided_at') }} as decided_on,
        consents.is_granted,
        row_number() over (
            partition by identities.customer_id, {{ local_date('consents.decided_at') }}
            order by consents.decided_at desc, consents.is_granted asc, consents.user_id asc
        ) as place
    from consents
    inner join identities
        on consents.user_id = identities.identity_id

),

dated as (

    select
        customer_id,
        is_granted,
        decided_on as valid_from,
        lead(decided_on) over (partition by customer_id order by decided_on) as valid_to
    from decisions
    where place = 1

),

erased as (

    select
        identities.customer_id,
        min({{ local_date('erasure_requests.requested_at') }}) as erased_on
    from erasure_requests
    inner join identities
        on erasure_requests.user_id = identities.identity_id
    group by identities.customer_id

),

permitted as (

    select
        dated.customer_id,
        dated.valid_from,
        case
            when erased.erased_on is null then dated.valid_to
            when dated.valid_to is null or dated.valid_to > erased.erased_on then erased.erased_on
            else dated.valid_to
        end as valid_to
    from dated
    left join erased
        on dated.customer_id = erased.customer_id
    where dated.is_granted

),

final as (

    select * from permitted
    where
        valid_to is null
        or valid_from < valid_to

)

select * from final
