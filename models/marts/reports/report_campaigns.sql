with

touches as (

    select
        *,
        row_number() over (
            partition by campaign_id, coalesce(tactic, 'none'), customer_id order by touched_at, touch_id
        ) as touch_rank
    from {{ ref('fct_campaign_touches') }}

),

goals as (

    select * from {{ ref('conversion_goals') }} where subject_kind = 'campaign'

),

events as (

    select * from {{ ref('int_events') }} where event_date <= {{ as_of_date() }}

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

customers as (

    select * from {{ ref('int_customer_first_days') }}

),

days as (

    select * from {{ ref('int_periods') }} where period_grain = 'day'

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

first_touches as (

    -- a customer is judged once, by what it met first
    select
        campaign_id,
        campaign_id as subject_id,
        coalesce(tactic, 'none') as tactic,
        customer_id,
        is_holdout,
        touched_at as started_at
    from touches
    where touch_rank = 1

),

goal_events as (

    {{ goal_events() }}

),

outcomes as (

    {{ goal_conversions('first_touches', ['campaign_id', 'tactic', 'is_holdout']) }}

),

totals as (

    -- those whose window is over
    select
        campaign_id,
        tactic,
        metric,
        segment_set_key,
        sum(case when is_holdout then 0 else 1 end) as touched,
        sum(case when is_holdout then 0 else has_converted end) as touched_converted,
        sum(case when is_holdout then 1 else 0 end) as holdout,
        sum(case when is_holdout then has_converted else 0 end) as holdout_converted
    from outcomes
    where is_mature
    group by campaign_id, tactic, metric, segment_set_key

),

{% set counts = ['touched', 'touched_converted', 'holdout', 'holdout_converted'] -%}
fanned_out as (

    {{ by_segment('totals', ['campaign_id', 'tactic', 'metric'], counts) }}

),

campaigns as (

    select
        campaign_id,
        min(touched_on) as first_touched_on
    from touches
    group by campaign_id

),

final as (

    select
        'campaign' as period_grain,
        campaigns.first_touched_on as period_start,
        fanned_out.segment_dimension,
        fanned_out.segment_key,
        fanned_out.campaign_id,
        fanned_out.tactic,
        fanned_out.metric,
        {% for column in counts -%}
        cast(fanned_out.{{ column }} as bigint) as {{ column }},
        {% endfor -%}
        {{ rate_with_interval('touched_rate', 'fanned_out.touched_converted', 'fanned_out.touched') }},
        {{ rate_with_interval('holdout_rate', 'fanned_out.holdout_converted', 'fanned_out.holdout', flag='is_small_holdout') }},
        {{ difference_with_interval(
            'fanned_out.touched_converted', 'fanned_out.touched', 'fanned_out.holdout_converted', 'fanned_out.holdout'
        ) }},
        {{ as_of_date() }} as as_of_date
    from fanned_out
    inner join campaigns
        on fanned_out.campaign_id = campaigns.campaign_id

)

select * from final
