{#- Eligible: active customers whose plan has the feature, from its first use on, and anyone who used it anyway. -#}
with

uses as (

    select * from {{ ref('int_customer_feature_periods') }}

),

subscribed as (

    select * from {{ ref('int_customer_plan_periods') }}

),

plans as (

    select * from {{ staged('plans') }}

),

active_by_plan as (

    select
        period_grain,
        period_start,
        segment_set_key,
        plan_id,
        count(*) as active_customers
    from subscribed
    group by period_grain, period_start, segment_set_key, plan_id

),

used_by_plan as (

    select
        uses.feature_key,
        subscribed.period_grain,
        subscribed.period_start,
        subscribed.segment_set_key,
        subscribed.plan_id,
        count(*) as users,
        sum(uses.uses) as uses,
        sum(uses.adoptions) as adoptions,
        sum(case when uses.adoptions > 0 then 1 else 0 end) as adopters,
        sum(case when uses.adoptions > 0 and subscribed.has_complete_successor then 1 else 0 end) as repeat_eligible,
        sum(case when uses.adoptions > 0 and subscribed.has_complete_successor and uses.is_used_again then 1 else 0 end)
            as repeated,
        count(uses.days_to_adopt) as first_adopters
    from uses
    inner join subscribed
        on
            uses.customer_key = subscribed.customer_key
            and uses.period_grain = subscribed.period_grain
            and uses.period_start = subscribed.period_start
    group by
        uses.feature_key,
        subscribed.period_grain,
        subscribed.period_start,
        subscribed.segment_set_key,
        subscribed.plan_id

),

released as (

    select
        feature_key,
        period_grain,
        min(period_start) as first_used_in
    from used_by_plan
    group by feature_key, period_grain

),

final as (

    select
        released.feature_key,
        active_by_plan.period_grain,
        active_by_plan.period_start,
        sum(case
            when
                released.feature_key = 'all'
                or plans.features is null
                or replace(plans.features, '"' || released.feature_key || '"', '') <> plans.features
                then active_by_plan.active_customers
            else coalesce(used_by_plan.users, 0)
        end) as eligible,
        {% for column in ['users', 'uses', 'adoptions', 'adopters', 'repeat_eligible', 'repeated', 'first_adopters'] -%}
        sum(coalesce(used_by_plan.{{ column }}, 0)) as {{ column }},
        {% endfor -%}
        active_by_plan.segment_set_key
    from active_by_plan
    inner join released
        on
            active_by_plan.period_grain = released.period_grain
            and active_by_plan.period_start >= released.first_used_in
    left join plans
        on active_by_plan.plan_id = plans.plan_id
    left join used_by_plan
        on
            released.feature_key = used_by_plan.feature_key
            and active_by_plan.period_grain = used_by_plan.period_grain
            and active_by_plan.period_start = used_by_plan.period_start
            and active_by_plan.segment_set_key = used_by_plan.segment_set_key
            and active_by_plan.plan_id = used_by_plan.plan_id
    group by
        released.feature_key,
        active_by_plan.period_grain,
        active_by_plan.period_start,
        active_by_plan.segment_set_key

)

select * from final
