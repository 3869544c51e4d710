with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

customers as (

    select * from {{ ref('int_customer_first_days') }}

),

mrr as (

    select * from {{ ref('int_mrr_changes') }}

),

asked as (

    -- a vote is weighted by the account's MRR on the day of the request
    select
        tickets.ticket_id,
        tickets.customer_id,
        tickets.need_key,
        tickets.created_on,
        tickets.kind = 'feature_request' as is_feature_request,
        case when tickets.kind = 'feature_request' then coalesce(tickets.votes, 0) else 0 end as votes,
        coalesce(mrr.mrr_after, 0) as mrr
    from tickets
    left join customers
        on tickets.customer_id = customers.customer_id
    left join mrr
        on
            coalesce(customers.account_id, tickets.account_id) = mrr.account_id
            and tickets.created_on >= mrr.change_date
            and (mrr.next_change_date is null or tickets.created_on < mrr.next_change_date)

),

{% set sums = {'bigint': ['tickets', 'feature_requests', 'votes'], 'decimal(18, 2)': ['votes_weighted_by_mrr']} -%}
{% set names = sums.values() | sum(start=[]) -%}
totals as (

    select
        periods.period_grain,
        periods.period_start,
        asked.need_key,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        count(*) as tickets,
        sum(case when asked.is_feature_request then 1 else 0 end) as feature_requests,
        sum(asked.votes) as votes,
        sum(asked.votes * asked.mrr) as votes_weighted_by_mrr
    from asked
    inner join periods
        on asked.created_on between periods.period_start and periods.last_day
    left join segments
        on
            asked.customer_id = segments.customer_id
            and periods.segment_date = segments.as_of_date
    group by periods.period_grain, periods.period_start, asked.need_key, coalesce(segments.segment_set_key, 0)

),

fanned_out as (

    {{ by_segment('totals', 'segment_sets', ['period_grain', 'period_start', 'need_key'], names) }}

),

counted as (

    select
        *,
        sum(tickets) over (partition by period_grain, period_start, segment_dimension, segment_key) as tickets_total
    from fanned_out

),

final as (

    select
        counted.period_grain,
        counted.period_start,
        counted.segment_dimension,
        counted.segment_key,
        counted.need_key,
        periods.is_complete,
        {% for type, columns in sums.items() -%}
        {% for column in columns -%}
        cast(counted.{{ column }} as {{ type }}) as {{ column }},
        {% endfor -%}
        {% endfor -%}
        cast(counted.tickets_total as bigint) as tickets_total,
        {{ rate_with_interval('ticket_share', 'counted.tickets', 'counted.tickets_total') }},
        periods.as_of_date
    from counted
    inner join periods
        on
            counted.period_grain = periods.period_grain
            and counted.period_start = periods.period_start

)

select * from final
