with

accounts as (

    select * from {{ ref('int_account_segments') }}

),

combinations as (

    select distinct
--% for dimension in dimensions
        [[ dimension ]],
--% endfor
        segment_set_key
    from accounts
    union all
    -- set 0: accounts that had no membership yet when the period began
    select
--% for dimension in dimensions
        'unknown' as [[ dimension ]],
--% endfor
        0 as segment_set_key

),

final as (

--% for dimension in dimensions
    select
        'account' as entity_type,
        segment_set_key,
        '[[ dimension ]]' as segment_dimension,
        [[ dimension ]] as segment_key
    from combinations
    union all
--% endfor
    select
        'account' as entity_type,
        segment_set_key,
        'all' as segment_dimension,
        'all' as segment_key
    from combinations

)

select * from final
