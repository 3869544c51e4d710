{#- One row per case that went wrong. -#}
with numbers as (
    select
        1 as n,
        cast(1.00 as decimal(18, 2)) as amount
    union all
    select
        2 as n,
        cast(2.00 as decimal(18, 2)) as amount
    union all
    select
        3 as n,
        cast(3.00 as decimal(18, 2)) as amount
    union all
    select
        10 as n,
        cast(10.00 as decimal(18, 2)) as amount
),

cases as (
    select
        'safe_divide of whole numbers is no whole-number division' as macro_case,
        {{ safe_divide('1', '4') }} as actual,
        0.25 as expected
    union all
    select
        'safe_divide by zero is null' as macro_case,
        coalesce({{ safe_divide('1', '0') }}, -1) as actual,
        -1 as expected
    union all
    select
        'safe_divide of null is null' as macro_case,
        coalesce({{ safe_divide('cast(null as integer)', '4') }}, -1) as actual,
        -1 as expected
    union all
    select
        'money rounds half a cent up' as macro_case,
        cast({{ money('cast(1.005 as decimal(18, 3))') }} * 100 as {{ type_double() }}) as actual,
        101 as expected
    union all
    select
        'money rounds half a cent away from zero' as macro_case,
        cast({{ money('cast(-1.005 as decimal(18, 3))') }} * 100 as {{ type_double() }}) as actual,
        -101 as expected
    union all
    select
        'money keeps less than half a cent down' as macro_case,
        cast({{ money('cast(1.00499999 as decimal(18, 8))') }} * 100 as {{ type_double() }}) as actual,
        100 as expected
    union all
    -- between the second and the third of four: 2 + 0.5 x (3 - 2)
    select
        'percentile interpolates a median' as macro_case,
        {{ percentile('amount', 0.5) }} as actual,
        2.5 as expected
    from numbers
    union all
    -- position 0.9 x 3 = 2.7: 3 + 0.7 x (10 - 3)
    select
        'percentile interpolates by position' as macro_case,
        round({{ percentile('n', 0.9) }}, 9) as actual,
        7.9 as expected
    from numbers
    union all
    {% for number, text in [('20e0', '20.0'), ('0.25e0', '0.25'), ('1.684068710003368e-4', '0.000168'), ('-2e-9', '0.0'), ('12345678.5e0', '12345678.5')] -%}
    select
        'double_text of {{ number }}' as macro_case,
        case when {{ double_text('cast(' ~ number ~ ' as ' ~ type_double() ~ ')') }} = '{{ text }}' then 1 else 0 end as actual,
        1 as expected
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
)

select * from cases
where
    actual is null
    or actual <> expected
