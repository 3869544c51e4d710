with source as (
    select * from {{ raw_source('transactions', known_at='received_at') }}
),

deduplicated as (
    {{ deduplicated('source', key=['transaction_id'], order=['received_at asc']) }}
),

final as (
    select
        -- ids
        transaction_id,
        order_id,
        account_id,
        user_id,
        product_id,

        -- strings
        kind,
        category,
        currency,

        -- numerics
        quantity,
        amount,
        tax_amount,
        discount_amount,

        -- timestamps
        occurred_at,
        received_at,

        -- lineage
        _batch_id,
        _row,
        _load_id
    from deduplicated
)

select * from final
