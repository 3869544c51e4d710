{#- Value to date of the customers known by the end of each week and month. -#}
{%- set per_payer = 'partition by customer_key, payer_account_id, period_grain order by period_index' -%}
with

customer_revenue as (

    select * from {{ ref('int_customer_revenue_periods') }} where period_grain in ('week', 'month')

),

customers as (

    select * from {{ ref('int_customer_first_days') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

account_segments as (

    select * from {{ ref('int_account_segments') }}

),

stocks as (

    select * from {{ ref('int_customer_segment_stocks') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

known as (

    select
        as_of_date,
        sum(members) as members
    from stocks
    group by as_of_date

),

observed as (

    select
        periods.*,
        known.members
    from periods
    inner join known
        on periods.last_day = known.as_of_date

),

to_date as (

    select
        customer_key,
        payer_account_id,
        period_grain,
        period_index,
        sum(net_revenue) over ({{ per_payer }} rows between unbounded preceding and current row) as net_revenue_to_date,
        lead(period_index) over ({{ per_payer }}) as next_index
    from customer_revenue

),

final as (

    select
        observed.period_grain,
        observed.period_start,
        coalesce(segments.segment_set_key, -account_segments.segment_set_key, 0) as segment_set_key,
        'revenue' as part,
        0 as customers,
        -- cents per customer first, so that the parts add up
        sum({{ money('to_date.net_revenue_to_date * ' ~ var('gross_margin')) }}) as historical_clv
    from observed
    inner join to_date
        on
            observed.period_grain = to_date.period_grain
            and observed.period_index >= to_date.period_index
            and (to_date.next_index is null or observed.period_index < to_date.next_index)
    left join segments
        on
            to_date.customer_key = segments.customer_key
            and observed.segment_date = segments.as_of_date
    left join customers
        on to_date.customer_key = customers.customer_key
    left join account_segments
        on
            coalesce(to_date.payer_account_id, customers.account_id) = account_segments.account_id
            and observed.segment_date = account_segments.as_of_date
    group by
        observed.period_grain,
        observed.period_start,
        coalesce(segments.segment_set_key, -account_segments.segment_set_key, 0)
    union all
    select
        observed.period_grain,
        observed.period_start,
        stocks.segment_set_key,
        'known' as part,
        stocks.members as customers,
        0 as historical_clv
    from observed
    inner join stocks
        on observed.segment_date = stocks.as_of_date
    union all
    -- customers stay known: those unknown at the start joined within the period
    select
        observed.period_grain,
        observed.period_start,
        0 as segment_set_key,
        'came' as part,
        observed.members - coalesce(known.members, 0) as customers,
        0 as historical_clv
    from observed
    left join known
        on observed.segment_date = known.as_of_date

)

select * from final
