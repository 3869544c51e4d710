{#-
    Hold-outs of 10,000 ids: none at share 0, all at share 1, 3,000 at 0.3 within five standard deviations (46 each); those held out at 0.1 are among
    them; those of another audience are others.
-#}
with days as (
    {{ day_spine("cast('2000-01-01' as date)", "cast('2027-05-18' as date)") }}
),

ids as (
    select cast(date_day as {{ dbt.type_string() }}) as entity_id from days
),

drawn as (
    select
        entity_id,
        {{ is_held_out("'a'", 'entity_id', '0.0') }} as at_none,
        {{ is_held_out("'a'", 'entity_id', '0.1') }} as at_tenth,
        {{ is_held_out("'a'", 'entity_id', '0.3') }} as at_third,
        {{ is_held_out("'b'", 'entity_id', '0.3') }} as at_third_of_b,
        {{ is_held_out("'a'", 'entity_id', '1.0') }} as at_all
    from ids
),

counted as (
    select
        count(*) as ids,
        count(case when at_none then 1 end) as at_none,
        count(case when at_third then 1 end) as at_third,
        count(case when at_third and at_third_of_b then 1 end) as at_both,
        count(case when at_tenth and not at_third then 1 end) as at_tenth_alone,
        count(case when at_all then 1 end) as at_all
    from drawn
),

failures as (
    select 'hold-outs' as failure
    from counted
    where
        ids <> 10000
        or at_none <> 0
        or at_third not between 2770 and 3230
        or at_both not between 750 and 1050
        or at_tenth_alone <> 0
        or at_all <> 10000
)

select * from failures
