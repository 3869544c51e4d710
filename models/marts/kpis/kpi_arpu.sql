with

customer_components as (

    select * from {{ ref('int_customer_metric_components') }} where period_grain in ('week', 'month')

),

account_components as (

    select * from {{ ref('int_account_metric_components') }}

),

segment_grid as (

    select * from {{ ref('int_segment_grid') }}
    where
        entity_type = 'customer'
        and period_grain in ('week', 'month')

),

segment_sets as (

    select * from {{ ref('int_metric_segment_sets') }}

),

customer_sets as (select * from segment_sets where entity_type = 'customer'),

account_sets as (select * from segment_sets where entity_type = 'account'),

{% set amounts = ['net_revenue', 'shared_net_revenue'] -%}
{% set counts = ['active_customers', 'paying_customers'] -%}
customer_figures as (

    {{ by_segment('customer_components', 'customer_sets', ['period_grain', 'period_start'], amounts + counts) }}

),

account_figures as (

    {{ by_segment('account_components', 'account_sets', ['period_grain', 'period_start'], ['closing_accounts', 'closing_mrr']) }}

),

customer_grid as (

    {{ on_segment_grid('segment_grid', 'customer_figures', {
        'decimal(18, 2)': amounts, 'bigint': counts,
    }) }}

),

-- accounts have no segment in customer dimensions
of_accounts as (

    select distinct segment_dimension from account_sets

),

counted as (

    select
        customer_grid.*,
        cast(
            case when of_accounts.segment_dimension is not null then coalesce(account_figures.closing_accounts, 0) end as bigint
        ) as paying_accounts,
        cast(
            case when of_accounts.segment_dimension is not null then coalesce(account_figures.closing_mrr, 0) end
            as decimal(18, 2)
        ) as closing_mrr
    from customer_grid
    left join of_accounts
        on customer_grid.segment_dimension = of_accounts.segment_dimension
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
        shared_net_revenue,
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
