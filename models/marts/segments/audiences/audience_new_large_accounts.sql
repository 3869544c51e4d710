-- Compiled by `segmentry definitions compile` from definitions/audiences/new_large_accounts.yml. Change it there.
with

members as (

    select * from {{ ref('audience_members') }} where audience_key = 'new_large_accounts'

),

final as (

    select
        audience_key,
        entity_type,
        entity_id,
        account_id,
        engagement,
        lifecycle,
        firmographic,
        is_holdout,
        row_hash,
        entered_on,
        as_of_date
    from members

)

select * from final
