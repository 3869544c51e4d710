-- Compiled by `segmentry definitions compile` from definitions/. Change it there.
with

accounts as (

    select * from {{ ref('int_account_segments') }}

),

combinations as (

    select distinct
        firmographic,
        segment_set_key
    from accounts
    union all
    -- set 0: accounts that had no membership yet when the period began
    select
        'unknown' as firmographic,
        0 as segment_set_key

),

final as (

    select
        'account' as entity_type,
        segment_set_key,
        'firmographic' as segment_dimension,
        firmographic as segment_key
    from combinations
    union all
    select
        'account' as entity_type,
        segment_set_key,
        'all' as segment_dimension,
        'all' as segment_key
    from combinations

)

select * from final
