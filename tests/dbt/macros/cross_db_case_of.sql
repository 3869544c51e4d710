with parts as (
    select
        'b' as part,
        1 as a_n,
        2 as b_n
    union all
    select
        'c' as part,
        1 as a_n,
        2 as b_n
),

found as (
    select
        part,
        {{ column_of('part', ['a', 'b'], 'bigint', '_n') }} as total,
        {{ column_of('part', [], 'bigint') }} as nothing,
        {{ case_of('part', {"'c'": "a_n + b_n"}, 'decimal(18, 2)') }} as other
    from parts
)

select * from found
where
    nothing is not null
    or not case part
        when 'b' then coalesce(total = 2 and other is null, false)
        when 'c' then coalesce(total is null and other = 3, false)
    end
