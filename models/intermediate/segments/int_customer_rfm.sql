with

customers_as_of as (

    select * from {{ ref('int_customers_as_of') }} where orders > 0

),

score_groups as (

    select * from {{ ref('rfm_groups') }}

),

measured as (

    select
        customer_key,
        as_of_date,
        {{ days_between('last_ordered_on', 'as_of_date') }} as recency_days,
        orders as frequency,
        net_spend as monetary
    from customers_as_of

),

scored as (

    -- from the percentile of the value, so that equal values share a score (ntile would not)
    select
        *,
        1 + least(4, cast(floor(
            5 * percent_rank() over (partition by as_of_date order by recency_days desc)
        ) as integer)) as recency_score,
        1 + least(4, cast(floor(
            5 * percent_rank() over (partition by as_of_date order by frequency)
        ) as integer)) as frequency_score,
        1 + least(4, cast(floor(
            5 * percent_rank() over (partition by as_of_date, case when monetary is null then 1 else 0 end order by monetary)
        ) as integer)) as monetary_score
    from measured

),

final as (

    select
        scored.customer_key,
        scored.as_of_date,
        scored.recency_days,
        scored.frequency,
        scored.monetary,
        scored.recency_score,
        scored.frequency_score,
        case when scored.monetary is not null then scored.monetary_score end as monetary_score,
        -- spend that nobody knows makes no group
        case when scored.monetary is not null then score_groups.rfm_group else 'unknown' end as rfm_group
    from scored
    inner join score_groups
        on
            scored.recency_score = score_groups.recency_score
            and cast(floor((scored.frequency_score + scored.monetary_score + 1) / 2) as integer) = score_groups.value_score

)

select * from final
