with

conversions as (

    select * from {{ ref('int_account_conversions') }}

),

segment_grid as (

    select * from {{ ref('int_segment_grid') }}
    where
        entity_type = 'account'
        and period_grain in ('week', 'month')

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'account'

),

grid as (

    {% for kind in ['trial_to_paid', 'free_to_paid'] -%}
    select
        '{{ kind }}' as conversion_kind,
        *
    from segment_grid
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

{% set counts = ['started', 'eligible', 'converted', 'converted_to_date', 'ended_in_period', 'converted_in_period'] -%}
totals as (

    select
        conversion_kind,
        period_grain,
        period_start,
        segment_set_key,
        sum(case when is_started then 1 else 0 end) as started,
        sum(case when is_started and is_mature then 1 else 0 end) as eligible,
        sum(case when is_started and is_mature and is_converted_in_time then 1 else 0 end) as converted,
        sum(case when is_started and is_converted then 1 else 0 end) as converted_to_date,
        sum(case when is_decided then 1 else 0 end) as ended_in_period,
        sum(case when is_decided and is_converted then 1 else 0 end) as converted_in_period
    from conversions
    group by conversion_kind, period_grain, period_start, segment_set_key

),

fanned_out as (

    {{ by_segment('totals', 'segment_sets', ['conversion_kind', 'period_grain', 'period_start'], counts) }}

),

counted as (

    select
        {% for column in counts -%}
        cast(coalesce(fanned_out.{{ column }}, 0) as bigint) as {{ column }},
        {% endfor -%}
        grid.*
    from grid
    left join fanned_out
        on
            {{ same_segment_period('grid', 'fanned_out') }}
            and grid.conversion_kind = fanned_out.conversion_kind

),

final as (

    select
        conversion_kind,
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        started,
        eligible,
        started = eligible as is_mature,
        converted,
        {{ rate_with_interval('conversion_rate', 'converted', 'eligible') }},
        converted_to_date,
        {{ rate_with_interval('conversion_rate_to_date', 'converted_to_date', 'started', flag=none) }},
        ended_in_period,
        converted_in_period,
        {{ rate_with_interval('conversion_rate_ended', 'converted_in_period', 'ended_in_period', flag=none) }},
        as_of_date
    from counted

)

select * from final
