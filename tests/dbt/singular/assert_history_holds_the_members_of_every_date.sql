-- Compiled by `segmentry definitions compile` from definitions/. Change it there.
{#
    Members of each segment on each as-of date: counted in the wide model, and as those who had entered less those who had
    left by the history. The last date is today's membership.
#}
with

history as (

    select * from {{ ref('segment_membership_history') }}

),

as_of_dates as (

    select * from {{ ref('int_as_of_dates') }}

),

definitions as (

    select * from {{ ref('dimension_definitions') }} where retired_on is null

),

customer_segments as (

    select * from {{ ref('int_customer_segments') }}

),

account_segments as (

    select * from {{ ref('int_account_segments') }}

),

counted as (

    select
        'customer' as entity_type,
        'acquisition_cohort' as dimension,
        acquisition_cohort as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by acquisition_cohort, as_of_date
    union all
    select
        'customer' as entity_type,
        'behavioral' as dimension,
        behavioral as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by behavioral, as_of_date
    union all
    select
        'customer' as entity_type,
        'cluster' as dimension,
        cluster as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by cluster, as_of_date
    union all
    select
        'customer' as entity_type,
        'demographic' as dimension,
        demographic as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by demographic, as_of_date
    union all
    select
        'customer' as entity_type,
        'disengaged_dissatisfied' as dimension,
        case when in_disengaged_dissatisfied then 'disengaged_dissatisfied' else '' end as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by case when in_disengaged_dissatisfied then 'disengaged_dissatisfied' else '' end, as_of_date
    union all
    select
        'customer' as entity_type,
        'engagement' as dimension,
        engagement as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by engagement, as_of_date
    union all
    select
        'customer' as entity_type,
        'four_times_a_week' as dimension,
        case when in_four_times_a_week then 'four_times_a_week' else '' end as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by case when in_four_times_a_week then 'four_times_a_week' else '' end, as_of_date
    union all
    select
        'customer' as entity_type,
        'geographic' as dimension,
        geographic as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by geographic, as_of_date
    union all
    select
        'customer' as entity_type,
        'high_value_at_risk' as dimension,
        case when in_high_value_at_risk then 'high_value_at_risk' else '' end as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by case when in_high_value_at_risk then 'high_value_at_risk' else '' end, as_of_date
    union all
    select
        'customer' as entity_type,
        'inactive_seven_days' as dimension,
        case when in_inactive_seven_days then 'inactive_seven_days' else '' end as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by case when in_inactive_seven_days then 'inactive_seven_days' else '' end, as_of_date
    union all
    select
        'customer' as entity_type,
        'ios_power_users' as dimension,
        case when in_ios_power_users then 'ios_power_users' else '' end as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by case when in_ios_power_users then 'ios_power_users' else '' end, as_of_date
    union all
    select
        'customer' as entity_type,
        'lifecycle' as dimension,
        lifecycle as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by lifecycle, as_of_date
    union all
    select
        'customer' as entity_type,
        'loyal_promoters' as dimension,
        case when in_loyal_promoters then 'loyal_promoters' else '' end as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by case when in_loyal_promoters then 'loyal_promoters' else '' end, as_of_date
    union all
    select
        'customer' as entity_type,
        'needs_based' as dimension,
        needs_based as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by needs_based, as_of_date
    union all
    select
        'customer' as entity_type,
        'new_single_feature' as dimension,
        case when in_new_single_feature then 'new_single_feature' else '' end as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by case when in_new_single_feature then 'new_single_feature' else '' end, as_of_date
    union all
    select
        'customer' as entity_type,
        'plan_stage' as dimension,
        plan_stage as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by plan_stage, as_of_date
    union all
    select
        'customer' as entity_type,
        'psychographic' as dimension,
        psychographic as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by psychographic, as_of_date
    union all
    select
        'customer' as entity_type,
        'rfm' as dimension,
        rfm as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by rfm, as_of_date
    union all
    select
        'customer' as entity_type,
        'technographic' as dimension,
        technographic as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by technographic, as_of_date
    union all
    select
        'customer' as entity_type,
        'three_sessions_this_week' as dimension,
        case when in_three_sessions_this_week then 'three_sessions_this_week' else '' end as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by case when in_three_sessions_this_week then 'three_sessions_this_week' else '' end, as_of_date
    union all
    select
        'customer' as entity_type,
        'value_based' as dimension,
        value_based as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by value_based, as_of_date
    union all
    select
        'customer' as entity_type,
        'watched_feature_untried' as dimension,
        case when in_watched_feature_untried then 'watched_feature_untried' else '' end as segment_key,
        as_of_date,
        count(*) as members
    from customer_segments
    group by case when in_watched_feature_untried then 'watched_feature_untried' else '' end, as_of_date
    union all
    select
        'account' as entity_type,
        'firmographic' as dimension,
        firmographic as segment_key,
        as_of_date,
        count(*) as members
    from account_segments
    group by firmographic, as_of_date
    union all
    select
        'account' as entity_type,
        'new_large_accounts' as dimension,
        case when in_new_large_accounts then 'new_large_accounts' else '' end as segment_key,
        as_of_date,
        count(*) as members
    from account_segments
    group by case when in_new_large_accounts then 'new_large_accounts' else '' end, as_of_date
    union all
    select
        'account' as entity_type,
        'trial_likely_to_convert' as dimension,
        case when in_trial_likely_to_convert then 'trial_likely_to_convert' else '' end as segment_key,
        as_of_date,
        count(*) as members
    from account_segments
    group by case when in_trial_likely_to_convert then 'trial_likely_to_convert' else '' end, as_of_date

),

moves as (

    select
        entity_type,
        dimension,
        segment_key,
        definition_hash,
        definition_version,
        valid_from as moved_on,
        1 as members
    from history
    union all
    select
        entity_type,
        dimension,
        segment_key,
        definition_hash,
        definition_version,
        valid_to as moved_on,
        -1 as members
    from history
    where valid_to is not null

),

current_moves as (

    select moves.*
    from moves
    inner join definitions
        on
            moves.dimension = definitions.dimension
            and moves.definition_hash = definitions.definition_hash
            and moves.definition_version = definitions.definition_version

),

told as (

    select
        current_moves.entity_type,
        current_moves.dimension,
        current_moves.segment_key,
        as_of_dates.as_of_date,
        sum(current_moves.members) as members
    from current_moves
    inner join as_of_dates
        on current_moves.moved_on <= as_of_dates.as_of_date
    group by
        current_moves.entity_type,
        current_moves.dimension,
        current_moves.segment_key,
        as_of_dates.as_of_date

),

final as (

    select
        coalesce(counted.entity_type, told.entity_type) as entity_type,
        coalesce(counted.dimension, told.dimension) as dimension,
        coalesce(counted.segment_key, told.segment_key) as segment_key,
        coalesce(counted.as_of_date, told.as_of_date) as as_of_date,
        counted.members as members_counted,
        told.members as members_told
    from counted
    full outer join told
        on
            counted.entity_type = told.entity_type
            and counted.dimension = told.dimension
            and counted.segment_key = told.segment_key
            and counted.as_of_date = told.as_of_date
    where
        coalesce(counted.members, 0) <> coalesce(told.members, 0)
        and coalesce(counted.segment_key, 'told') <> ''

)

select * from final
