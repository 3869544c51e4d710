with

accounts as (

    select * from {{ ref('int_accounts') }}

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

phases as (

    select * from {{ ref('int_subscription_phases') }}

),

bands as (

    select * from {{ ref('bands') }}

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

subscribed as (

    -- of several live subscriptions the dearest names the plan
    select
        phases.account_id,
        as_of_dates.as_of_date,
        sum(phases.quantity) as seats,
        count(*) as subscriptions,
        max(case when phases.is_trial then 1 else 0 end) = 1 as has_trial,
        max(case when phases.is_trial then phases.started_on end) as trial_started_on,
        row_number() over (partition by phases.account_id, as_of_dates.as_of_date order by max(phases.mrr) desc, phases.plan_id)
            as plan_rank,
        phases.plan_id
    from phases
    inner join as_of_dates
        on
            phases.started_on <= as_of_dates.as_of_date
            and (phases.ended_on is null or phases.ended_on > as_of_dates.as_of_date)
    where phases.status in ('trialing', 'active', 'past_due')
    group by phases.account_id, as_of_dates.as_of_date, phases.plan_id

),

plans_held as (

    select
        account_id,
        as_of_date,
        sum(seats) as seats,
        sum(subscriptions) as subscriptions,
        max(case when has_trial then 1 else 0 end) = 1 as has_trial,
        max(trial_started_on) as trial_started_on,
        max(case when plan_rank = 1 then plan_id end) as plan_id
    from subscribed
    group by account_id, as_of_date

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
        versions.tech_stack,
        plans_held.plan_id,
        coalesce(plans_held.seats, 0) as seats,
        coalesce(plans_held.subscriptions, 0) as subscriptions,
        coalesce(plans_held.has_trial, false) as has_trial,
        plans_held.trial_started_on,
        coalesce(changes.mrr_after, 0) as mrr,
        coalesce(changes.mrr_after, 0) > 0 as is_paying,
        changes.change_date is not null as has_ever_paid
    from spine
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
    left join plans_held
        on
            spine.account_id = plans_held.account_id
            and spine.as_of_date = plans_held.as_of_date
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
