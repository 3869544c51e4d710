-- Compiled by `segmentry definitions compile` from definitions/. Change it there.
with

definitions as (

    select * from {{ ref('dimension_definitions') }} where not is_exclusive and retired_on is null

),

granted as (

    select * from {{ ref('int_customer_consents') }}

),

customer_segments as (

    select * from {{ ref('int_customer_segments') }}

),

customer_members as (

    select
        definitions.dimension as audience_key,
        'customer' as entity_type,
        customer_segments.customer_id as entity_id,
        customer_segments.account_id,
        customer_segments.engagement,
        customer_segments.lifecycle,
        customer_segments.firmographic,
        {{ is_held_out('definitions.dimension', 'customer_segments.customer_id', 'definitions.holdout_share') }} as is_holdout,
        customer_segments.is_current,
        customer_segments.as_of_date
    from customer_segments
    inner join definitions
        on definitions.entity_type = 'customer'
    where
        case definitions.dimension
            when 'disengaged_dissatisfied' then customer_segments.in_disengaged_dissatisfied
            when 'four_times_a_week' then customer_segments.in_four_times_a_week
            when 'high_value_at_risk' then customer_segments.in_high_value_at_risk
            when 'inactive_seven_days' then customer_segments.in_inactive_seven_days
            when 'ios_power_users' then customer_segments.in_ios_power_users
            when 'loyal_promoters' then customer_segments.in_loyal_promoters
            when 'new_single_feature' then customer_segments.in_new_single_feature
            when 'three_sessions_this_week' then customer_segments.in_three_sessions_this_week
            when 'watched_feature_untried' then customer_segments.in_watched_feature_untried
            else false
        end

),

account_segments as (

    select * from {{ ref('int_account_segments') }}

),

account_members as (

    select
        definitions.dimension as audience_key,
        'account' as entity_type,
        account_segments.account_id as entity_id,
        account_segments.account_id,
        cast(null as {{ dbt.type_string() }}) as engagement,
        cast(null as {{ dbt.type_string() }}) as lifecycle,
        account_segments.firmographic,
        {{ is_held_out('definitions.dimension', 'account_segments.account_id', 'definitions.holdout_share') }} as is_holdout,
        account_segments.is_current,
        account_segments.as_of_date
    from account_segments
    inner join definitions
        on definitions.entity_type = 'account'
    where
        case definitions.dimension
            when 'new_large_accounts' then account_segments.in_new_large_accounts
            when 'trial_likely_to_convert' then account_segments.in_trial_likely_to_convert
            else false
        end

),

members as (

    -- a person has to agree and not to have asked to be forgotten; an account is addressed as a firm
    select customer_members.*
    from customer_members
    inner join granted
        on
            customer_members.entity_id = granted.customer_id
            and customer_members.as_of_date >= granted.valid_from
            and (granted.valid_to is null or customer_members.as_of_date < granted.valid_to)
    union all
    select * from account_members

),

-- the traits go with a member: a change of one is a change of the member
final as (

    select
        *,
        {{ md5_hex(
            "audience_key || '|' || entity_type || '|' || entity_id || '|' || coalesce(account_id, '')"
            ~ " || '|' || coalesce(engagement, '')"
            ~ " || '|' || coalesce(lifecycle, '')"
            ~ " || '|' || coalesce(firmographic, '')"
        ) }} as row_hash
    from members

)

select * from final
