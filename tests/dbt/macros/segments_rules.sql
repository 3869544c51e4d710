{#- The rules of the exclusive dimensions at their default limits, one literal customer per limit; other limits see the unit tests. -#}
{%- set is_default = (
    var('engagement_new_days') == 14 and var('engagement_at_risk_days') == 28 and var('engagement_dormant_days') == 90
) -%}
with customers as (
    select
        13 as tenure_days,
        date '2024-01-01' as last_active_on,
        date '2024-01-01' as first_active_on,
        date '2024-06-30' as as_of_date,
        true as has_ever_paid,
        false as is_paying,
        0 as active_days_28d,
        0 as active_days_previous_28d,
        'small' as size_band,
        'new' as engagement,
        'churned' as lifecycle
    union all
    select
        14 as tenure_days,
        date '2024-06-03' as last_active_on,
        date '2024-06-03' as first_active_on,
        date '2024-06-30' as as_of_date,
        false as has_ever_paid,
        false as is_paying,
        1 as active_days_28d,
        0 as active_days_previous_28d,
        'unknown' as size_band,
        'active' as engagement,
        'new' as lifecycle
    union all
    select
        90 as tenure_days,
        date '2024-06-02' as last_active_on,
        date '2024-06-02' as first_active_on,
        date '2024-06-30' as as_of_date,
        true as has_ever_paid,
        true as is_paying,
        0 as active_days_28d,
        1 as active_days_previous_28d,
        'large' as size_band,
        'at_risk' as engagement,
        'dormant' as lifecycle
    union all
    select
        90 as tenure_days,
        cast(null as date) as last_active_on,
        cast(null as date) as first_active_on,
        date '2024-06-30' as as_of_date,
        false as has_ever_paid,
        false as is_paying,
        0 as active_days_28d,
        0 as active_days_previous_28d,
        'micro' as size_band,
        'unknown' as engagement,
        'never_active' as lifecycle
),

judged as (
    select
        *,
        {{ segment_engagement() }} as actual_engagement,
        {{ segment_lifecycle() }} as actual_lifecycle,
        {{ segment_firmographic() }} as actual_firmographic
    from customers
)

select * from judged
where
    (actual_engagement <> engagement and {{ is_default | lower }})
    or actual_lifecycle <> lifecycle
    or actual_firmographic <> size_band
