with

changes as (

    select * from {{ ref('int_mrr_changes') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

segments as (

    select * from {{ ref('int_account_segments') }}

),

opening_accounts as (

    select
        changes.account_id,
        periods.period_grain,
        periods.period_start,
        changes.mrr_after as opening_mrr
    from changes
    inner join periods
        on
            changes.change_date < periods.period_start
            and coalesce(changes.next_change_date, {{ add_days(as_of_date(), 1) }}) >= periods.period_start
    where changes.mrr_after > 0

),

movements as (

    select
        changes.account_id,
        periods.period_grain,
        periods.period_start,
        {% for movement in ['new', 'expansion', 'contraction', 'churn', 'reactivation'] -%}
        sum(case when changes.movement_type = '{{ movement }}' then abs(changes.mrr_after - changes.mrr_before) else 0 end)
            as {{ movement }}_mrr,
        {% endfor -%}
        max(case when changes.movement_type = 'new' then 1 else 0 end) as is_new,
        max(case when changes.movement_type = 'churn' and changes.is_involuntary then 1 else 0 end) as is_involuntary
    from changes
    inner join periods
        on changes.change_date between periods.period_start and periods.last_day
    group by 1, 2, 3

),

combined as (

    select
        coalesce(opening_accounts.account_id, movements.account_id) as account_id,
        coalesce(opening_accounts.period_grain, movements.period_grain) as period_grain,
        coalesce(opening_accounts.period_start, movements.period_start) as period_start,
        coalesce(opening_accounts.opening_mrr, 0) as opening_mrr,
        {% for movement in ['new', 'expansion', 'contraction', 'churn', 'reactivation'] -%}
        cast(coalesce(movements.{{ movement }}_mrr, 0) as decimal(18, 2)) as {{ movement }}_mrr,
        {% endfor -%}
        coalesce(movements.is_new, 0) = 1 as is_new,
        coalesce(movements.is_involuntary, 0) = 1 as is_involuntary
    from opening_accounts
    full outer join movements
        on
            opening_accounts.account_id = movements.account_id
            and opening_accounts.period_grain = movements.period_grain
            and opening_accounts.period_start = movements.period_start

),

final as (

    select
        combined.account_id,
        combined.period_grain,
        combined.period_start,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        combined.opening_mrr,
        combined.new_mrr,
        combined.expansion_mrr,
        combined.contraction_mrr,
        combined.churn_mrr,
        combined.reactivation_mrr,
        cast(
            combined.opening_mrr + combined.new_mrr + combined.expansion_mrr + combined.reactivation_mrr
            - combined.contraction_mrr - combined.churn_mrr as decimal(18, 2)
        ) as closing_mrr,
        combined.is_new,
        combined.is_involuntary
    from combined
    inner join periods
        on
            combined.period_grain = periods.period_grain
            and combined.period_start = periods.period_start
    left join segments
        on
            combined.account_id = segments.account_id
            and periods.segment_date = segments.as_of_date

)

select * from final
