with

accounts as (

    select * from {{ ref('int_accounts') }} where not is_internal

),

as_of_dates as (

    select * from {{ ref('int_as_of_dates') }}

),

versions as (

    select
        *,
        {{ local_date('updated_at') }} as valid_from,
        lead({{ local_date('updated_at') }}) over (partition by account_id order by updated_at, _batch_id, _row) as valid_to
    from {{ staged('accounts') }}

),

changes as (

    select * from {{ ref('int_mrr_changes') }}

),

plans as (

    select * from {{ ref('int_account_plans_as_of') }}

),

technologies as (

    select * from {{ ref('technologies') }} where category = 'cloud'

),

bands as (

    select * from {{ ref('bands') }}

),

feeds as (

    select * from {{ ref('int_feeds') }}

),

spine as (

    select
        accounts.account_id,
        accounts.account_key,
        accounts.known_on,
        as_of_dates.as_of_date,
        as_of_dates.is_current
    from accounts
    inner join as_of_dates
        on coalesce(accounts.known_on, {{ as_of_date() }}) <= as_of_dates.as_of_date

),

clouds as (

    -- many accounts share few tech stacks
    select
        stacks.tech_stack,
        min(technologies.technology) as cloud_platform
    from (select distinct tech_stack from versions where tech_stack is not null) as stacks
    inner join technologies
        on lower(stacks.tech_stack) like '%"' || technologies.technology || '"%'
    group by stacks.tech_stack

),

final as (

    select
        spine.account_id,
        spine.account_key,
        spine.as_of_date,
        spine.is_current,
        {{ days_between('spine.known_on', 'spine.as_of_date') }} as tenure_days,
        versions.industry,
        versions.employee_count,
        coalesce(size_bands.band_key, 'unknown') as size_band,
        versions.annual_revenue,
        coalesce(revenue_bands.band_key, 'unknown') as revenue_band,
        versions.country_code,
        versions.ownership,
        versions.crm_stage,
        clouds.cloud_platform,
        plans.plan_id,
        plans.plan_tier,
        plans.is_free_plan,
        {{ when_told('seats', 'coalesce(plans.seats, 0)') }} as seats,
        {{ when_told('subscriptions', 'coalesce(plans.subscriptions, 0)') }} as subscriptions,
        {{ when_told('has_trial', 'coalesce(plans.has_trial, false)') }} as has_trial,
        plans.trial_started_on,
        {{ when_told('mrr', 'cast(coalesce(changes.mrr_after, 0) as decimal(18, 2))') }} as mrr,
        {{ when_told('is_paying', 'coalesce(changes.mrr_after, 0) > 0') }} as is_paying,
        {{ when_told('has_ever_paid', 'changes.change_date is not null') }} as has_ever_paid
    from spine
    cross join feeds
    left join versions
        on
            spine.account_id = versions.account_id
            and spine.as_of_date >= versions.valid_from
            and (versions.valid_to is null or spine.as_of_date < versions.valid_to)
    left join changes
        on
            spine.account_id = changes.account_id
            and spine.as_of_date >= changes.change_date
            and (changes.next_change_date is null or spine.as_of_date < changes.next_change_date)
    left join plans
        on
            spine.account_id = plans.account_id
            and spine.as_of_date = plans.as_of_date
    left join clouds
        on versions.tech_stack = clouds.tech_stack
    left join bands as size_bands
        on
            size_bands.band_set = 'employees'
            and versions.employee_count >= size_bands.lower_bound
            and (size_bands.upper_bound is null or versions.employee_count < size_bands.upper_bound)
    left join bands as revenue_bands
        on
            revenue_bands.band_set = 'annual_revenue'
            and versions.annual_revenue >= revenue_bands.lower_bound
            and (revenue_bands.upper_bound is null or versions.annual_revenue < revenue_bands.upper_bound)

)

select * from final
