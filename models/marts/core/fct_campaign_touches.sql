with

touches as (

    select * from {{ staged('campaign_touches') }}

),

identities as (

    select * from {{ ref('int_identities') }} where identity_kind = 'user'

),

final as (

    select
        touches.touch_id,
        touches.campaign_id,
        identities.customer_id,
        touches.segment_key,
        touches.tactic,
        touches.channel,
        touches.is_holdout,
        {{ local_date('touches.touched_at') }} as touched_on,
        touches.touched_at,
        touches.opened_at,
        touches.clicked_at
    from touches
    left join identities
        on touches.user_id = identities.identity_id
    where not coalesce(identities.is_internal, false)

)

select * from final
