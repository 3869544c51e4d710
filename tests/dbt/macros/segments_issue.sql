{#- The head of a check says which issue, where, and how much: 3 members of the 20 that are allowed, in one segment or in all. -#}
with sizes as (
    select
        'size' as dimension,
        'small' as segment_key,
        3 as members
),

found as (
    {{ issue('too_small', 'members', 20) }}
    from sizes
    union all
    {{ issue('too_many', 'count(*)', 2, segment="'all'") }}
    from sizes
    group by dimension
),

counted as (
    select
        count(*) as found_rows,
        count(
            case
                when issue = 'too_small' and dimension = 'size' and segment_key = 'small' and measured = 3 and allowed = 20 then 1
            end
        ) as small_ones,
        count(case when issue = 'too_many' and segment_key = 'all' and measured = 1 and allowed = 2 then 1 end) as many_ones
    from found
)

select * from counted
where
    found_rows <> 2
    or small_ones <> 1
    or many_ones <> 1
