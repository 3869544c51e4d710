{#-
    What began and ended in a month is the difference of the stocks at its ends, in every original currency; and the stock of all of
    them, in every segment, is the closing MRR that the movements arrive at.
-#}
with

phases as (

    select * from {{ ref('int_subscription_phases') }} where is_paid

),

months as (

    select * from {{ ref('int_periods') }} where period_grain = 'month'

),

conventions as (

    select * from {{ ref('kpi_mrr_conventions') }}

),

movements as (

    select * from {{ ref('kpi_mrr_movements') }}

),

stocks as (

    select
        months.period_start,
        months.period_index,
        phases.currency,
        sum(case
            when phases.started_on <= months.last_day and (phases.ended_on is null or phases.ended_on > months.last_day)
                then phases.mrr
            else 0
        end) as closing,
        sum(case when phases.started_on between months.period_start and months.last_day then phases.mrr else 0 end)
        - sum(case when phases.ended_on between months.period_start and months.last_day then phases.mrr else 0 end) as change
    from months
    cross join phases
    group by months.period_start, months.period_index, phases.currency

),

rolled as (

    select
        *,
        lag(closing, 1, 0) over (partition by currency order by period_index) as opening
    from stocks

),

final as (

    select
        period_start,
        currency as failed_in,
        'stocks and flows of a currency differ' as failure
    from rolled
    where opening + change <> closing
    union all
    select
        conventions.period_start,
        conventions.segment_key as failed_in,
        'phases and movements end in another MRR' as failure
    from conventions
    inner join movements
        on {{ same_segment_period('conventions', 'movements') }}
    where conventions.closing_mrr <> movements.closing_mrr

)

select * from final
