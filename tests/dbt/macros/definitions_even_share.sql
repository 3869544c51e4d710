{#- 100.00 and -100.00 among three, 0.02 among three: the shares are the amount, the first places have a cent more. -#}
with places as (
    select 1 as place
    union all
    select 2 as place
    union all
    select 3 as place
),

shares as (
    select
        place,
        {{ even_share('cast(100.00 as decimal(18, 2))', 'place', '3') }} as of_hundred,
        {{ even_share('cast(-100.00 as decimal(18, 2))', 'place', '3') }} as of_minus_hundred,
        {{ even_share('cast(0.02 as decimal(18, 2))', 'place', '3') }} as of_two_cents
    from places
),

expected as (
    select
        1 as place,
        33.34 as of_hundred,
        -33.34 as of_minus_hundred,
        0.01 as of_two_cents
    union all
    select
        2 as place,
        33.33 as of_hundred,
        -33.33 as of_minus_hundred,
        0.01 as of_two_cents
    union all
    select
        3 as place,
        33.33 as of_hundred,
        -33.33 as of_minus_hundred,
        0.00 as of_two_cents
)

select shares.place
from shares
inner join expected
    on shares.place = expected.place
where
    shares.of_hundred <> expected.of_hundred
    or shares.of_minus_hundred <> expected.of_minus_hundred
    or shares.of_two_cents <> expected.of_two_cents
