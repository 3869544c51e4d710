{#- The first trial and the first free plan of each account, and their outcome. -#}
with

phases as (

    select * from {{ ref('int_subscription_phases') }}

),

segments as (select * from {{ ref('int_account_segments') }}),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

offers as (

    -- paused, unpaid and cancelled phases offer nothing
    select
        *,
        case when is_trial then 'trial_to_paid' else 'free_to_paid' end as conversion_kind
    from phases
    where
        status in ('trialing', 'active', 'past_due')
        and not is_paid

),

firsts as (

    select
        account_id,
        conversion_kind,
        min(started_on) as started_on
    from offers
    group by account_id, conversion_kind

),

payments as (

    select
        firsts.account_id,
        firsts.conversion_kind,
        firsts.started_on,
        min(case when phases.started_on < firsts.started_on then phases.started_on end) as paid_before_on,
        min(case when phases.started_on >= firsts.started_on then phases.started_on end) as paid_on
    from firsts
    left join phases
        on
            firsts.account_id = phases.account_id
            and phases.is_paid
    group by firsts.account_id, firsts.conversion_kind, firsts.started_on

),

ends as (

    select
        firsts.account_id,
        firsts.conversion_kind,
        max(case when offers.ended_on is null then 1 else 0 end) = 1 as is_open,
        max(offers.ended_on) as ended_on
    from firsts
    inner join offers
        on
            firsts.account_id = offers.account_id
            and firsts.conversion_kind = offers.conversion_kind
    group by firsts.account_id, firsts.conversion_kind

),

judged as (

    -- accounts that paid before do not count as trials
    select
        payments.account_id,
        payments.conversion_kind,
        payments.started_on,
        payments.paid_on,
        case
            when payments.paid_on is not null then payments.paid_on
            when not ends.is_open and ends.ended_on <= {{ as_of_date() }} then ends.ended_on
        end as decided_on,
        {{ conversion_deadline('payments.conversion_kind', 'payments.started_on') }} as deadline
    from payments
    inner join ends
        on
            payments.account_id = ends.account_id
            and payments.conversion_kind = ends.conversion_kind
    where payments.paid_before_on is null

),

final as (

    select
        judged.account_id,
        judged.conversion_kind,
        periods.period_grain,
        periods.period_start,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        judged.started_on between periods.period_start and periods.last_day as is_started,
        judged.deadline <= {{ add_days('periods.complete_through', 1) }} as is_mature,
        coalesce(judged.paid_on < judged.deadline, false) as is_converted_in_time,
        judged.paid_on is not null as is_converted,
        coalesce(judged.decided_on between periods.period_start and periods.last_day, false) as is_decided
    from judged
    inner join periods
        on
            judged.started_on between periods.period_start and periods.last_day
            or judged.decided_on between periods.period_start and periods.last_day
    left join segments
        on
            judged.account_id = segments.account_id
            and periods.segment_date = segments.as_of_date

)

select * from final
