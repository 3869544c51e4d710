with

buyer_periods as (

    select * from {{ ref('int_buyer_periods') }}

),

segment_grid as (

    select * from {{ ref('int_segment_grid') }}
    where
        entity_type = 'customer'
        and period_grain in ('week', 'month')

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

{% set counts = [
    'opening_buyers', 'new_buyers', 'returned_buyers', 'churned_opening_buyers', 'churned_buyers', 'closing_buyers',
] -%}
totals as (

    select
        period_grain,
        period_start,
        {% for column, test in [
            ('opening_buyers', 'is_opening'), ('new_buyers', 'is_new'), ('returned_buyers', 'is_returned'),
            ('churned_opening_buyers', 'is_opening and not is_closing'), ('churned_buyers', 'not is_closing'),
            ('closing_buyers', 'is_closing'),
        ] -%}
        sum(case when {{ test }} then 1 else 0 end) as {{ column }},
        {% endfor -%}
        segment_set_key
    from buyer_periods
    group by period_grain, period_start, segment_set_key

),

fanned_out as (

    {{ by_segment('totals', 'segment_sets', ['period_grain', 'period_start'], counts) }}

),

counted as (

    {{ on_segment_grid('segment_grid', 'fanned_out', {'bigint': counts}) }}

),

final as (

    select
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        {% for column in counts -%}
        {{ column }},
        {% endfor -%}
        opening_buyers + new_buyers + returned_buyers as exposed_buyers,
        {{ rate_with_interval('churn_rate_opening', 'churned_opening_buyers', 'opening_buyers') }},
        {{ rate_with_interval(
            'churn_rate_exposed', 'churned_buyers', '(opening_buyers + new_buyers + returned_buyers)', flag=none
        ) }},
        as_of_date
    from counted

)

select * from final
