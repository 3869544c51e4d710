with

adoptions as (

    select * from {{ ref('int_feature_adoptions') }}

),

uses as (

    select * from {{ ref('int_customer_feature_periods') }} where days_to_adopt is not null

),

actives as (

    select * from {{ ref('int_customer_plan_periods') }}

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

features as (

    select distinct feature_key from adoptions

),

grid as (

    select
        segment_grid.*,
        features.feature_key
    from segment_grid
    cross join features

),

{% set counts = ['eligible', 'users', 'uses', 'adoptions', 'adopters', 'repeat_eligible', 'repeated', 'first_adopters'] -%}
fanned_out as (

    {{ by_segment('adoptions', 'segment_sets', ['feature_key', 'period_grain', 'period_start'], counts) }}

),

first_uses as (

    select
        uses.feature_key,
        uses.period_grain,
        uses.period_start,
        actives.segment_set_key,
        uses.days_to_adopt
    from uses
    inner join actives
        on
            uses.customer_key = actives.customer_key
            and uses.period_grain = actives.period_grain
            and uses.period_start = actives.period_start
    where uses.days_to_adopt is not null

),

waits as (

    {{ percentiles_by_segment(
        'first_uses',
        'segment_sets',
        ['feature_key', 'period_grain', 'period_start'],
        'days_to_adopt',
        {'median_days_to_adopt': 0.5}
    ) }}

),

counted as (

    select
        {% for column in counts -%}
        cast(coalesce(fanned_out.{{ column }}, 0) as bigint) as {{ column }},
        {% endfor -%}
        waits.median_days_to_adopt,
        grid.*
    from grid
    left join fanned_out
        on
            {{ same_segment_period('grid', 'fanned_out') }}
            and grid.feature_key = fanned_out.feature_key
    left join waits
        on
            {{ same_segment_period('grid', 'waits') }}
            and grid.feature_key = waits.feature_key

),

final as (

    select
        feature_key as feature,
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        {% for column in counts[:5] -%}
        {{ column }},
        {% endfor -%}
        {{ rate_with_interval('adoption_rate', 'adopters', 'eligible') }},
        {{ safe_divide('adoptions', 'eligible') }} as breadth,
        {{ safe_divide('uses', 'users') }} as depth,
        repeat_eligible,
        repeated,
        {{ rate_with_interval('repeat_rate', 'repeated', 'repeat_eligible', flag=none) }},
        first_adopters,
        median_days_to_adopt,
        as_of_date
    from counted

)

select * from final
