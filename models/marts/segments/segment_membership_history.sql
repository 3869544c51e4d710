-- Compiled by `segmentry definitions compile` from definitions/. Change it there.
with

definitions as (

    select * from {{ ref('dimension_definitions') }}

),

horizon as (

    select min(as_of_date) as oldest_as_of_date from {{ ref('int_as_of_dates') }}

),

customer_segments as (

    select * from {{ ref('int_customer_segments') }}

),

-- outside of an audience the state is ''
customer_states as (

    select
        acquisition_cohort,
        behavioral,
        cluster,
        demographic,
        case when in_disengaged_dissatisfied then 'disengaged_dissatisfied' else '' end as disengaged_dissatisfied,
        engagement,
        case when in_four_times_a_week then 'four_times_a_week' else '' end as four_times_a_week,
        geographic,
        case when in_high_value_at_risk then 'high_value_at_risk' else '' end as high_value_at_risk,
        case when in_inactive_seven_days then 'inactive_seven_days' else '' end as inactive_seven_days,
        case when in_ios_power_users then 'ios_power_users' else '' end as ios_power_users,
        lifecycle,
        case when in_loyal_promoters then 'loyal_promoters' else '' end as loyal_promoters,
        needs_based,
        case when in_new_single_feature then 'new_single_feature' else '' end as new_single_feature,
        plan_stage,
        psychographic,
        rfm,
        technographic,
        case when in_three_sessions_this_week then 'three_sessions_this_week' else '' end as three_sessions_this_week,
        value_based,
        case when in_watched_feature_untried then 'watched_feature_untried' else '' end as watched_feature_untried,
        customer_id as entity_id,
        customer_key as entity_key,
        as_of_date
    from customer_segments

),

-- with the state before, of all dimensions in one sort
customer_compared as (

    select
        lag(acquisition_cohort) over (partition by entity_key order by as_of_date) as previous_acquisition_cohort,
        lag(behavioral) over (partition by entity_key order by as_of_date) as previous_behavioral,
        lag(cluster) over (partition by entity_key order by as_of_date) as previous_cluster,
        lag(demographic) over (partition by entity_key order by as_of_date) as previous_demographic,
        lag(disengaged_dissatisfied) over (partition by entity_key order by as_of_date) as previous_disengaged_dissatisfied,
        lag(engagement) over (partition by entity_key order by as_of_date) as previous_engagement,
        lag(four_times_a_week) over (partition by entity_key order by as_of_date) as previous_four_times_a_week,
        lag(geographic) over (partition by entity_key order by as_of_date) as previous_geographic,
        lag(high_value_at_risk) over (partition by entity_key order by as_of_date) as previous_high_value_at_risk,
        lag(inactive_seven_days) over (partition by entity_key order by as_of_date) as previous_inactive_seven_days,
        lag(ios_power_users) over (partition by entity_key order by as_of_date) as previous_ios_power_users,
        lag(lifecycle) over (partition by entity_key order by as_of_date) as previous_lifecycle,
        lag(loyal_promoters) over (partition by entity_key order by as_of_date) as previous_loyal_promoters,
        lag(needs_based) over (partition by entity_key order by as_of_date) as previous_needs_based,
        lag(new_single_feature) over (partition by entity_key order by as_of_date) as previous_new_single_feature,
        lag(plan_stage) over (partition by entity_key order by as_of_date) as previous_plan_stage,
        lag(psychographic) over (partition by entity_key order by as_of_date) as previous_psychographic,
        lag(rfm) over (partition by entity_key order by as_of_date) as previous_rfm,
        lag(technographic) over (partition by entity_key order by as_of_date) as previous_technographic,
        lag(three_sessions_this_week) over (partition by entity_key order by as_of_date) as previous_three_sessions_this_week,
        lag(value_based) over (partition by entity_key order by as_of_date) as previous_value_based,
        lag(watched_feature_untried) over (partition by entity_key order by as_of_date) as previous_watched_feature_untried,
        *
    from customer_states

),

customer_by_definition as (

    select
        customer_compared.entity_id,
        customer_compared.entity_key,
        customer_compared.as_of_date,
        definitions.dimension,
        definitions.state,
        definitions.retired_on,
        definitions.definition_version,
        definitions.definition_hash,
        case definitions.state
            when 'acquisition_cohort' then customer_compared.acquisition_cohort
            when 'behavioral' then customer_compared.behavioral
            when 'cluster' then customer_compared.cluster
            when 'demographic' then customer_compared.demographic
            when 'disengaged_dissatisfied' then customer_compared.disengaged_dissatisfied
            when 'engagement' then customer_compared.engagement
            when 'four_times_a_week' then customer_compared.four_times_a_week
            when 'geographic' then customer_compared.geographic
            when 'high_value_at_risk' then customer_compared.high_value_at_risk
            when 'inactive_seven_days' then customer_compared.inactive_seven_days
            when 'ios_power_users' then customer_compared.ios_power_users
            when 'lifecycle' then customer_compared.lifecycle
            when 'loyal_promoters' then customer_compared.loyal_promoters
            when 'needs_based' then customer_compared.needs_based
            when 'new_single_feature' then customer_compared.new_single_feature
            when 'plan_stage' then customer_compared.plan_stage
            when 'psychographic' then customer_compared.psychographic
            when 'rfm' then customer_compared.rfm
            when 'technographic' then customer_compared.technographic
            when 'three_sessions_this_week' then customer_compared.three_sessions_this_week
            when 'value_based' then customer_compared.value_based
            when 'watched_feature_untried' then customer_compared.watched_feature_untried
        end as segment_key,
        case definitions.state
            when 'acquisition_cohort' then customer_compared.previous_acquisition_cohort
            when 'behavioral' then customer_compared.previous_behavioral
            when 'cluster' then customer_compared.previous_cluster
            when 'demographic' then customer_compared.previous_demographic
            when 'disengaged_dissatisfied' then customer_compared.previous_disengaged_dissatisfied
            when 'engagement' then customer_compared.previous_engagement
            when 'four_times_a_week' then customer_compared.previous_four_times_a_week
            when 'geographic' then customer_compared.previous_geographic
            when 'high_value_at_risk' then customer_compared.previous_high_value_at_risk
            when 'inactive_seven_days' then customer_compared.previous_inactive_seven_days
            when 'ios_power_users' then customer_compared.previous_ios_power_users
            when 'lifecycle' then customer_compared.previous_lifecycle
            when 'loyal_promoters' then customer_compared.previous_loyal_promoters
            when 'needs_based' then customer_compared.previous_needs_based
            when 'new_single_feature' then customer_compared.previous_new_single_feature
            when 'plan_stage' then customer_compared.previous_plan_stage
            when 'psychographic' then customer_compared.previous_psychographic
            when 'rfm' then customer_compared.previous_rfm
            when 'technographic' then customer_compared.previous_technographic
            when 'three_sessions_this_week' then customer_compared.previous_three_sessions_this_week
            when 'value_based' then customer_compared.previous_value_based
            when 'watched_feature_untried' then customer_compared.previous_watched_feature_untried
        end as previous_segment_key
    from customer_compared
    inner join definitions
        on definitions.entity_type = 'customer'

),

customer_intervals as (

    select
        *,
        lead(as_of_date) over (partition by entity_key, state order by as_of_date) as left_on
    from customer_by_definition
    where
        previous_segment_key is null
        or previous_segment_key <> segment_key

),

account_segments as (

    select * from {{ ref('int_account_segments') }}

),

-- outside of an audience the state is ''
account_states as (

    select
        firmographic,
        case when in_new_large_accounts then 'new_large_accounts' else '' end as new_large_accounts,
        case when in_trial_likely_to_convert then 'trial_likely_to_convert' else '' end as trial_likely_to_convert,
        account_id as entity_id,
        account_id as entity_key,
        as_of_date
    from account_segments

),

-- with the state before, of all dimensions in one sort
account_compared as (

    select
        lag(firmographic) over (partition by entity_key order by as_of_date) as previous_firmographic,
        lag(new_large_accounts) over (partition by entity_key order by as_of_date) as previous_new_large_accounts,
        lag(trial_likely_to_convert) over (partition by entity_key order by as_of_date) as previous_trial_likely_to_convert,
        *
    from account_states

),

account_by_definition as (

    select
        account_compared.entity_id,
        account_compared.entity_key,
        account_compared.as_of_date,
        definitions.dimension,
        definitions.state,
        definitions.retired_on,
        definitions.definition_version,
        definitions.definition_hash,
        case definitions.state
            when 'firmographic' then account_compared.firmographic
            when 'new_large_accounts' then account_compared.new_large_accounts
            when 'trial_likely_to_convert' then account_compared.trial_likely_to_convert
        end as segment_key,
        case definitions.state
            when 'firmographic' then account_compared.previous_firmographic
            when 'new_large_accounts' then account_compared.previous_new_large_accounts
            when 'trial_likely_to_convert' then account_compared.previous_trial_likely_to_convert
        end as previous_segment_key
    from account_compared
    inner join definitions
        on definitions.entity_type = 'account'

),

account_intervals as (

    select
        *,
        lead(as_of_date) over (partition by entity_key, state order by as_of_date) as left_on
    from account_by_definition
    where
        previous_segment_key is null
        or previous_segment_key <> segment_key

),

intervals as (

    select
        'customer' as entity_type,
        entity_id,
        dimension,
        segment_key,
        definition_version,
        definition_hash,
        as_of_date as valid_from,
        case
            when retired_on is null or left_on <= retired_on then left_on
            else retired_on
        end as valid_to
    from customer_intervals
    where
        segment_key <> ''
        -- an old definition holds until it was retired
        and (retired_on is null or as_of_date < retired_on)
    union all
    select
        'account' as entity_type,
        entity_id,
        dimension,
        segment_key,
        definition_version,
        definition_hash,
        as_of_date as valid_from,
        case
            when retired_on is null or left_on <= retired_on then left_on
            else retired_on
        end as valid_to
    from account_intervals
    where
        segment_key <> ''
        -- an old definition holds until it was retired
        and (retired_on is null or as_of_date < retired_on)

),

final as (

    select
        intervals.entity_type,
        intervals.entity_id,
        intervals.dimension,
        intervals.segment_key,
        intervals.definition_version,
        intervals.definition_hash,
        intervals.valid_from = horizon.oldest_as_of_date as is_left_censored,
        intervals.valid_from,
        intervals.valid_to
    from intervals
    cross join horizon

)

select * from final
