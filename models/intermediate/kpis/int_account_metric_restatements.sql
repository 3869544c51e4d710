{#-
    What the MRR of a period owes to versions of phases that arrived after the day that follows it. A version adds its MRR on the
    day it starts and takes it away on the day it ends; the next one takes back what it said.
-#}
with

versions as (

    select * from {{ ref('int_subscription_versions') }} where is_paid and mrr is not null

),

internal_accounts as (

    select distinct account_id
    from {{ ref('int_customers') }}
    where is_account_internal

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

statements as (

    select
        account_id,
        started_on,
        ended_on,
        received_on as told_on,
        mrr
    from versions
    union all
    select
        account_id,
        started_on,
        ended_on,
        replaced_on as told_on,
        -mrr as mrr
    from versions
    where replaced_on is not null

),

changes as (

    select
        account_id,
        started_on as change_date,
        told_on,
        mrr
    from statements
    union all
    select
        account_id,
        ended_on as change_date,
        told_on,
        -mrr as mrr
    from statements
    where ended_on is not null

),

late_changes as (

    -- most of a new version repeats its predecessor
    select
        account_id,
        change_date,
        told_on,
        sum(mrr) as mrr
    from changes
    where told_on > {{ add_days('change_date', 1) }}
    group by account_id, change_date, told_on
    having sum(mrr) <> 0

),

final as (

    select
        late_changes.account_id,
        periods.period_grain,
        periods.period_start,
        cast(sum(
            case when late_changes.change_date < periods.period_start then late_changes.mrr else 0 end
        ) as decimal(18, 2)) as late_opening_mrr,
        cast(sum(late_changes.mrr) as decimal(18, 2)) as late_closing_mrr
    from late_changes
    inner join periods
        on
            late_changes.change_date <= periods.last_day
            and late_changes.told_on > {{ add_days('periods.last_day', 1) }}
    left join internal_accounts
        on late_changes.account_id = internal_accounts.account_id
    where internal_accounts.account_id is null
    group by late_changes.account_id, periods.period_grain, periods.period_start

)

select * from final
