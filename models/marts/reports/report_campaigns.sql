with

all_touches as (select * from {{ ref('fct_campaign_touches') }}),

tactics as (

    select distinct
        campaign_id,
        coalesce(tactic, 'none') as tactic
    from all_touches
    where
        not is_holdout
        or tactic is not null

),

touches as (

    -- a customer counts once, by the first touch; a hold-out without a tactic counts for every tactic
    select
        all_touches.campaign_id,
        all_touches.campaign_id as subject_id,
        tactics.tactic,
        all_touches.customer_id,
        all_touches.is_holdout,
        all_touches.touched_at as started_at,
        min(all_touches.touched_on) over (partition by all_touches.campaign_id) as first_touched_on,
        row_number() over (
            partition by all_touches.campaign_id, tactics.tactic, all_touches.customer_id
            order by all_touches.touched_at, all_touches.touch_id
        ) as touch_rank
    from all_touches
    inner join tactics
        on
            all_touches.campaign_id = tactics.campaign_id
            and (
                coalesce(all_touches.tactic, 'none') = tactics.tactic
                or (all_touches.is_holdout and all_touches.tactic is null)
            )

),

first_touches as (select * from touches where touch_rank = 1),

goals as (select * from {{ ref('conversion_goals') }} where subject_kind = 'campaign'),

goal_events as (select * from {{ ref('int_goal_events') }}),

customers as (select * from {{ ref('int_customer_first_days') }}),

days as (select * from {{ ref('int_periods') }} where period_grain = 'day'),

segments as (select * from {{ ref('int_customer_segments') }}),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

outcomes as (

    {{ goal_conversions('first_touches', ['campaign_id', 'first_touched_on', 'tactic', 'is_holdout']) }}

),

totals as (

    -- those whose window is over
    select
        campaign_id,
        first_touched_on,
        tactic,
        metric,
        segment_set_key,
        sum(case when is_holdout then 0 else 1 end) as touched,
        sum(case when is_holdout then 0 else has_converted end) as touched_converted,
        sum(case when is_holdout then 1 else 0 end) as holdout,
        sum(case when is_holdout then has_converted else 0 end) as holdout_converted
    from outcomes
    where is_mature
    group by campaign_id, first_touched_on, tactic, metric, segment_set_key

),

{% set counts = ['touched', 'touched_converted', 'holdout', 'holdout_converted'] -%}
fanned_out as (

    {{ by_segment('totals', 'segment_sets', ['campaign_id', 'first_touched_on', 'tactic', 'metric'], counts) }}

),

rated as (

    select
        *,
        {{ rate_with_interval('touched_rate', 'touched_converted', 'touched') }},
        {{ rate_with_interval('holdout_rate', 'holdout_converted', 'holdout', flag='is_small_holdout') }}
    from fanned_out

),

compared as (

    select
        *,
        {{ difference_with_interval('lift', 'touched_rate', 'holdout_rate') }}
    from rated

),

final as (

    select
        'campaign' as period_grain,
        first_touched_on as period_start,
        segment_dimension,
        segment_key,
        campaign_id,
        tactic,
        metric,
        {% for column in counts -%}
        cast({{ column }} as bigint) as {{ column }},
        {% endfor -%}
        {% for rate, flag in [('touched_rate', 'is_small_n'), ('holdout_rate', 'is_small_holdout')] -%}
        {{ rate }},
        {{ rate }}_ci_low,
        {{ rate }}_ci_high,
        {{ flag }},
        {% endfor -%}
        lift,
        lift_ci_low as ci_low,
        lift_ci_high as ci_high,
        {{ as_of_date() }} as as_of_date
    from compared

)

select * from final
