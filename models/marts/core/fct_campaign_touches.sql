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
        case when {{ local_date('touches.opened_at') }} <= {{ as_of_date() }} then touches.opened_at end as opened_at,
        case when {{ local_date('touches.clicked_at') }} <= {{ as_of_date() }} then touches.clicked_at end as clicked_at
    from touches
    left join identities
        on touches.user_id = identities.identity_id
    where
        not coalesce(identities.is_internal, false)
        and {{ local_date('touches.touched_at') }} <= {{ as_of_date() }}

)

select * from final
