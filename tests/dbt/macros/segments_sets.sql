{#- Two customers of one combination and one of another: each once per dimension and once for `all`, and set 0 unknown everywhere. -#}
with

memberships as (

    select
        7 as segment_set_key,
        'big' as size
    union all
    select
        7 as segment_set_key,
        'big' as size
    union all
    select
        8 as segment_set_key,
        'small' as size

),

found as (

    {{ segment_sets('memberships', 'account', ['size']) }}

),

counted as (

    select
        count(*) as found_rows,
        count(case when segment_set_key = 7 and segment_dimension = 'size' and segment_key = 'big' then 1 end) as big_ones,
        count(case when segment_set_key = 0 and segment_dimension = 'size' and segment_key = 'unknown' then 1 end) as unknown_ones,
        count(case when segment_dimension = 'all' and segment_key = 'all' and entity_type = 'account' then 1 end) as alls
    from found

),

final as (

    select *
    from counted
    where
        found_rows <> 6
        or big_ones <> 1
        or unknown_ones <> 1
        or alls <> 3

)

select * from final
