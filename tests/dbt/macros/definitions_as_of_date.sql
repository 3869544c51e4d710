{#- The clock is the var where it is set, else the day of the newest receipt; always a date. -#}
with clock as (
    select * from {{ ref('int_clock') }}
),

final as (
    select
        {{ as_of_date() }} as actual,
        {% if var('as_of_date') is none -%}
        as_of_date as expected
        {%- else -%}
        date '{{ var("as_of_date") }}' as expected
        {%- endif %}
    from clock
)

select * from final
where
    actual <> expected
    or {{ add_days('actual', 1) }} <> {{ add_days('expected', 1) }}
