{#- Marketing spend by the rate of its day, in total and by channel. -#}
with

lines as (

    select * from {{ staged('marketing_spend') }}

),

rates as (

    select * from {{ ref('int_fx_rates') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

spend as (

    select
        lines.channel,
        lines.spend_date,
        {{ money('lines.amount * rates.rate') }} as amount
    from lines
    left join rates
        on
            lines.spend_date = rates.rate_date
            and lines.currency = rates.currency

),

final as (

    {% for dimension, key in [('all', "'all'"), ('acquisition_channel', 'spend.channel')] -%}
    select
        periods.period_grain,
        periods.period_start,
        '{{ dimension }}' as segment_dimension,
        {{ key }} as segment_key,
        sum(coalesce(spend.amount, 0)) as spend,
        sum(case when spend.amount is null then 1 else 0 end) as unconverted_lines
    from periods
    inner join spend
        on spend.spend_date between periods.period_start and periods.last_day
    group by periods.period_grain, periods.period_start{{ ', spend.channel' if dimension != 'all' }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
