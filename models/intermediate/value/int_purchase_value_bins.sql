{{ config(tags=['fit_input']) }}
with

summaries as (

    select * from {{ ref('int_customer_purchase_summaries') }}

),

repeaters as (

    -- bins of half a percent bound the table at no cost to the fit; fully refunded values have their own bin
    select
        frequency,
        mean_repeat_value,
        case
            when mean_repeat_value > 0 then cast(floor(200 * ln(cast(mean_repeat_value as {{ type_double() }}))) as integer)
        end as value_bin
    from summaries
    where
        is_current
        and frequency > 0

),

final as (

    select
        frequency,
        coalesce(value_bin, -100000) as value_bin,
        count(*) as customers,
        cast(sum(mean_repeat_value) as decimal(28, 2)) as summed_value
    from repeaters
    group by frequency, coalesce(value_bin, -100000)

)

select * from final
