{#- Sign-ups and first payments by week and month, and the margin of those who first paid in it by the month it came in. -#}
with

acquisitions as (

    select * from {{ ref('int_account_acquisitions') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

segments as (

    select * from {{ ref('int_account_segments') }}

),

final as (

    select
        periods.period_grain,
        periods.period_start,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        acquisitions.channel,
        acquisitions.cash_month,
        sum(case when acquisitions.event_kind = 'sign_up' then 1 else 0 end) as signups,
        sum(case when acquisitions.event_kind = 'first_payment' then 1 else 0 end) as new_customers,
        sum(acquisitions.margin) as margin
    from acquisitions
    inner join periods
        on acquisitions.event_date between periods.period_start and periods.last_day
    left join segments
        on
            acquisitions.account_id = segments.account_id
            and periods.segment_date = segments.as_of_date
    group by
        periods.period_grain,
        periods.period_start,
        coalesce(segments.segment_set_key, 0),
        acquisitions.channel,
        acquisitions.cash_month

)

select * from final
