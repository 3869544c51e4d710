with

components as (

    select * from {{ ref('int_customer_metric_components') }}

),

segment_grid as (

    select * from {{ ref('int_segment_grid') }} where entity_type = 'customer'

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

{% set flows = ['new', 'current', 'resurrected', 'dormant', 'inactive'] -%}
{% set memberships = ['never_active', 'churned'] -%}
{% set columns = ['active_customers'] -%}
{% for state in flows + memberships %}{% do columns.append(state ~ '_customers') %}{% endfor -%}
fanned_out as (

    {{ by_segment('components', 'segment_sets', ['period_grain', 'period_start'], columns) }}

),

counted as (

    {{ on_segment_grid('segment_grid', 'fanned_out', {'bigint': columns}) }}

),

final as (

    select
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        active_customers,
        {% for state in flows -%}
        {{ state }}_customers as {{ state }},
        {% endfor -%}
        -- customers known at the start of a period are recorded on as-of dates only
        {% for state in memberships -%}
        case when segment_date is not null then {{ state }}_customers end as {{ state }},
        {% endfor -%}
        new_customers + resurrected_customers as gained,
        {{ safe_divide('new_customers + resurrected_customers', 'dormant_customers') }} as growth_ratio,
        {{ is_small_n('dormant_customers') }} as is_small_n,
        as_of_date
    from counted

)

select * from final
