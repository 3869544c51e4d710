with

states as (

    select * from {{ ref('int_customer_segment_states') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

{% set flows = ['new', 'current', 'resurrected', 'dormant', 'inactive'] -%}
{% set memberships = ['never_active', 'churned'] -%}
{% set columns = [] -%}
{% for state in flows + memberships %}{% do columns.append(state ~ '_customers') %}{% endfor -%}
fanned_out as (

    {{ by_segment('states', ['period_grain', 'period_start'], columns) }}

),

grid as (

    {{ segment_grid('periods') }}

),

counted as (

    select
        grid.period_grain,
        grid.period_start,
        grid.segment_dimension,
        grid.segment_key,
        grid.is_complete,
        {% for state in flows -%}
        cast(coalesce(fanned_out.{{ state }}_customers, 0) as bigint) as {{ state }},
        {% endfor -%}
        -- who was known when the period began is recorded on as-of dates only
        {% for state in memberships -%}
        cast(case when grid.segment_date is not null then coalesce(fanned_out.{{ state }}_customers, 0) end as bigint)
            as {{ state }},
        {% endfor -%}
        grid.as_of_date
    from grid
    left join fanned_out
        on {{ same_segment_period('grid', 'fanned_out') }}

),

final as (

    select
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        new + current + resurrected as active_customers,
        new,
        current,
        resurrected,
        dormant,
        inactive,
        never_active,
        churned,
        new + resurrected as gained,
        {{ safe_divide('new + resurrected', 'dormant') }} as pulse,
        as_of_date
    from counted

)

select * from final
