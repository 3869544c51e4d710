{#-
    The first paid stint of each account. Who leaves within a month leaves at its end; who is live has only whole months
    behind. A return begins a life of its own, not told here.
-#}
with

changes as (

    select * from {{ ref('int_mrr_changes') }}

),

segments as (

    select * from {{ ref('int_account_segments') }}

),

stints as (

    select
        account_id,
        min(case when movement_type = 'new' then change_date end) as started_on,
        min(case when movement_type = 'churn' then change_date end) as churned_on
    from changes
    group by account_id

),

measured as (

    -- an account leaves in the month of its last paid day
    select
        *,
        case
            when churned_on is null then {{ full_months('started_on', add_days(as_of_date(), 1)) }}
            else {{ full_months('started_on', add_days('churned_on', -1)) }} + 1
        end as tenure_period,
        {{ add_days(period_start('week', 'started_on'), -1) }} as segment_date
    from stints

),

final as (

    select
        measured.account_id,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        measured.tenure_period,
        measured.churned_on is not null as is_churned,
        measured.started_on,
        measured.churned_on
    from measured
    left join segments
        on
            measured.account_id = segments.account_id
            and measured.segment_date = segments.as_of_date

)

select * from final
