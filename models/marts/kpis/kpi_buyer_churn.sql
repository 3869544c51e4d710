with

buyer_periods as (

    select * from {{ ref('int_buyer_periods') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

{% set counts = ['live_at_start', 'new_in_period', 'returned_in_period', 'lost_of_opening', 'lost_total', 'live_at_end'] -%}
totals as (

    select
        period_grain,
        period_start,
        {% for column, test in [
            ('live_at_start', 'is_live_at_start'), ('new_in_period', 'is_new'), ('returned_in_period', 'is_returned'),
            ('lost_of_opening', 'is_live_at_start and not is_live_at_end'), ('lost_total', 'not is_live_at_end'),
            ('live_at_end', 'is_live_at_end'),
        ] -%}
        sum(case when {{ test }} then 1 else 0 end) as {{ column }},
        {% endfor -%}
        segment_set_key
    from buyer_periods
    group by period_grain, period_start, segment_set_key

),

fanned_out as (

    {{ by_segment('totals', ['period_grain', 'period_start'], counts) }}

),

counted as (

    {{ on_segment_grid('periods', 'fanned_out', {'bigint': counts}) }}

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
        live_at_start + new_in_period + returned_in_period as exposed,
        {{ rate_with_interval('churn_rate_opening', 'lost_of_opening', 'live_at_start') }},
        {{ rate_with_interval(
            'churn_rate_exposed', 'lost_total', '(live_at_start + new_in_period + returned_in_period)', flag=none
        ) }},
        as_of_date
    from counted

)

select * from final
