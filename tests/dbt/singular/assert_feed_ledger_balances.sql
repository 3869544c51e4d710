with

ledger as (

    select * from {{ ref('feed_ledger') }}

),

final as (

    select
        load_id,
        feed,
        file,
        records,
        accepted,
        quarantined,
        duplicates
    from ledger
    where
        status = 'landed'
        and coalesce(accepted + quarantined + duplicates, -1) <> coalesce(records, -2)

)

select * from final
-- a replay reads fewer rows than the files hold
where {{ 'true' if var('known_at') is none else 'false' }}
