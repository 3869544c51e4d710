with

exposures as (

    select * from {{ staged('experiment_exposures') }}

),

identities as (

    select * from {{ ref('int_identities') }} where identity_kind = 'user'

),

ranked as (

    -- a person with two user ids is exposed once, to the first variant seen
    select
        exposures.experiment_id,
        exposures.variant,
        identities.customer_id,
        exposures.exposed_at,
        row_number() over (
            partition by exposures.experiment_id, identities.customer_id
            order by exposures.exposed_at, exposures.user_id
        ) as exposure_rank
    from exposures
    inner join identities
        on exposures.user_id = identities.identity_id
    where
        not identities.is_internal
        and {{ local_date('exposures.exposed_at') }} <= {{ as_of_date() }}

),

final as (

    select
        experiment_id,
        customer_id,
        variant,
        {{ local_date('exposed_at') }} as exposed_on,
        exposed_at
    from ranked
    where exposure_rank = 1

)

select * from final
