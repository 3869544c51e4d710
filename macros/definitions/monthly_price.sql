{% macro monthly_price(days, weeks) %}
    {#- Of CTEs `phases` and `rates`: what a phase is worth a month, where a month has so many days and weeks. -#}
    case
        when phases.phase_status in ('active', 'past_due')
            -- back to DECIMAL before the cents: 12.06 a year is 1.005 a month, in binary a trace less
            then {{ money(
                "cast(cast(phases.unit_amount * phases.quantity as " ~ type_double() ~ ") * cast(rates.rate as " ~ type_double() ~ ")"
                ~ " * case phases.billing_interval when 'day' then " ~ days ~ " when 'week' then " ~ weeks
                ~ " when 'month' then 1 when 'year' then 1e0 / 12 end / coalesce(phases.interval_count, 1)"
                ~ " as " ~ type_decimal(38, 8) ~ ")"
            ) }}
        else cast(0 as decimal(18, 2))
    end
{% endmacro %}
