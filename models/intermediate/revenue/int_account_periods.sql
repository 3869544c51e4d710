{#- The base of every figure of paying accounts: what each had when a period began and when it ended, what moved it, and the same
    as a reader of the closed period saw it. Whoever counts accounts counts these flags. -#}
{%- set movements = ['new', 'expansion', 'contraction', 'churn', 'reactivation'] -%}
{%- set late = ['late_opening', 'late_closing'] -%}
with

changes as (select * from {{ ref('int_mrr_changes') }}),

restatements as (select * from {{ ref('int_account_metric_restatements') }}),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

segments as (select * from {{ ref('int_account_segments') }}),

contributions as (

    select
        changes.account_id,
        periods.period_grain,
        periods.period_start,
        changes.mrr_after as opening_mrr,
        {% for part in movements + ['fx'] + late -%}
        0 as {{ part }}_mrr,
        {% endfor -%}
        0 as came_new,
        0 as left_involuntarily
    from changes
    inner join periods
        on
            changes.change_date < periods.period_start
            and coalesce(changes.next_change_date, {{ add_days(as_of_date(), 1) }}) >= periods.period_start
    where changes.mrr_after > 0
    union all
    select
        changes.account_id,
        periods.period_grain,
        periods.period_start,
        0 as opening_mrr,
        {% for movement in movements -%}
        case
            when changes.movement_type = '{{ movement }}' then abs(changes.mrr_after - changes.mrr_before - changes.fx_mrr)
            else 0
        end
            as {{ movement }}_mrr,
        {% endfor -%}
        changes.fx_mrr,
        {% for part in late -%}
        0 as {{ part }}_mrr,
        {% endfor -%}
        case when changes.movement_type = 'new' then 1 else 0 end as came_new,
        -- of several losses the last one counts, and so does its kind
        case when changes.is_involuntary and coalesce(changes.next_change_date > periods.last_day, true) then 1 else 0 end
            as left_involuntarily
    from changes
    inner join periods
        on changes.change_date between periods.period_start and periods.last_day
    union all
    select
        account_id,
        period_grain,
        period_start,
        0 as opening_mrr,
        {% for part in movements + ['fx'] -%}
        0 as {{ part }}_mrr,
        {% endfor -%}
        late_opening_mrr,
        late_closing_mrr,
        0 as came_new,
        0 as left_involuntarily
    from restatements

),

summed as (

    select
        account_id,
        period_grain,
        period_start,
        {% for column in ['opening'] + movements + ['fx'] + late -%}
        cast(sum({{ column }}_mrr) as decimal(18, 2)) as {{ column }}_mrr,
        {% endfor -%}
        max(came_new) = 1 as is_new,
        max(left_involuntarily) = 1 as is_involuntary
    from contributions
    group by account_id, period_grain, period_start

),

closed as (

    select
        *,
        cast(
            opening_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churn_mrr + fx_mrr as decimal(18, 2)
        ) as closing_mrr
    from summed

),

final as (

    -- an account that came and went within the period has churned, though it is not among those of the opening
    select
        closed.account_id,
        closed.period_grain,
        closed.period_start,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        closed.opening_mrr,
        {% for part in movements + ['fx'] -%}
        closed.{{ part }}_mrr,
        {% endfor -%}
        closed.closing_mrr,
        closed.closing_mrr - closed.late_closing_mrr as reported_closing_mrr,
        closed.opening_mrr > 0 as is_opening,
        closed.is_new,
        closed.reactivation_mrr > 0 and closed.opening_mrr = 0 and not closed.is_new as is_reactivated,
        closed.closing_mrr > 0 as is_closing,
        closed.opening_mrr + closed.new_mrr + closed.reactivation_mrr > 0 and closed.closing_mrr = 0 as is_churned,
        closed.is_involuntary,
        closed.opening_mrr - closed.late_opening_mrr > 0 as is_reported_opening,
        closed.opening_mrr - closed.late_opening_mrr > 0 and closed.closing_mrr - closed.late_closing_mrr = 0
            as is_reported_churned_opening
    from closed
    inner join periods
        on
            closed.period_grain = periods.period_grain
            and closed.period_start = periods.period_start
    left join segments
        on
            closed.account_id = segments.account_id
            and periods.segment_date = segments.as_of_date

)

select * from final
