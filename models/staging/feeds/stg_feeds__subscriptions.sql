with source as (
    select * from {{ raw_source('subscriptions', known_at='received_at') }}
),

deduplicated as (
    {{ deduplicated('source', key=['subscription_id', 'item_id', 'plan_id', 'phase_started_at', 'received_at']) }}
),

final as (
    select
        -- ids
        subscription_id,
        item_id,
        account_id,
        plan_id,

        -- strings
        status,
        currency,
        billing_interval,
        cancel_reason,

        -- numerics
        quantity,
        -- files that landed when prices had two decimals are read beside newer ones
        cast(unit_amount as {{ type_decimal(24, 8) }}) as unit_amount,
        discount_amount,
        interval_count,

        -- booleans
        is_involuntary,

        -- timestamps
        phase_started_at,
        phase_ended_at,
        trial_ends_at,
        cancel_requested_at,
        received_at,

        -- lineage
        _batch_id,
        _row,
        _load_id
    from deduplicated
)

select * from final
