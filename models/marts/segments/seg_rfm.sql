with

segments as (

    select * from {{ ref('int_customer_segments') }} where is_current

),

rfm as (

    select * from {{ ref('int_customer_rfm') }}

),

final as (

    select
        segments.customer_id,
        segments.rfm as segment_key,
        rfm.recency_days,
        cast(rfm.frequency as integer) as frequency,
        rfm.monetary,
        rfm.recency_score,
        rfm.frequency_score,
        rfm.monetary_score,
        segments.as_of_date
    from segments
    left join rfm
        on
            segments.customer_key = rfm.customer_key
            and segments.as_of_date = rfm.as_of_date

)

select * from final
