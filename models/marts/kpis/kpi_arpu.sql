with

customer_periods as (

    select * from {{ ref('int_customer_periods') }}
    where
        period_grain in ('week', 'month')
        and active_days > 0

),

customer_revenue as (

    select * from {{ ref('int_customer_revenue_periods') }} where period_grain in ('week', 'month')

),

account_periods as (

    select * from {{ ref('int_account_periods') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }}

),

customer_sets as (select * from segment_sets where entity_type = 'customer'),

account_sets as (select * from segment_sets where entity_type = 'account'),

customer_totals as (

    select
        period_grain,
        period_start,
        segment_set_key,
        cast(0 as decimal(18, 2)) as net_revenue,
        count(*) as active_customers,
        0 as paying_customers
    from customer_periods
    group by period_grain, period_start, segment_set_key
    union all
    select
        period_grain,
        period_start,
        segment_set_key,
        sum(net_revenue) as net_revenue,
        0 as active_customers,
        sum(case when is_paying then 1 else 0 end) as paying_customers
    from customer_revenue
    group by period_grain, period_start, segment_set_key

),

account_totals as (

    select
        period_grain,
        period_start,
        segment_set_key,
        sum(case when closing_mrr > 0 then 1 else 0 end) as paying_accounts,
        sum(closing_mrr) as closing_mrr
    from account_periods
    group by period_grain, period_start, segment_set_key

),

customer_figures as (

    {{ by_segment(
        'customer_totals', ['period_grain', 'period_start'], ['net_revenue', 'active_customers', 'paying_customers'],
        sets='customer_sets'
    ) }}

),

account_figures as (

    {{ by_segment('account_totals', ['period_grain', 'period_start'], ['paying_accounts', 'closing_mrr'], sets='account_sets') }}

),

customer_grid as (

    {{ on_segment_grid('periods', 'customer_figures', {
        'decimal(18, 2)': ['net_revenue'], 'bigint': ['active_customers', 'paying_customers'],
    }) }}

),

-- an account has no segment in a dimension of customers alone
account_dimensions as (

    select distinct segment_dimension from account_sets

),

counted as (

    select
        customer_grid.*,
        cast(case when account_dimensions.segment_dimension is not null then coalesce(account_figures.paying_accounts, 0) end as bigint) as paying_accounts,
        cast(case when account_dimensions.segment_dimension is not null then coalesce(account_figures.closing_mrr, 0) end as decimal(18, 2)) as closing_mrr
    from customer_grid
    left join account_dimensions
        on customer_grid.segment_dimension = account_dimensions.segment_dimension
    left join account_figures
        on {{ same_segment_period('customer_grid', 'account_figures') }}

),

final as (

    select
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        net_revenue,
        active_customers,
        paying_customers,
        paying_accounts,
        closing_mrr,
        {{ money(safe_divide('net_revenue', 'active_customers')) }} as arpu,
        {{ money(safe_divide('net_revenue', 'paying_customers')) }} as arppu,
        {{ money(safe_divide('closing_mrr', 'paying_accounts')) }} as arpa,
        {{ is_small_n('active_customers') }} as is_small_n,
        as_of_date
    from counted

)

select * from final
