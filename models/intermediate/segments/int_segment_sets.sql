-- Compiled by `segmentry definitions compile` from definitions/. Change it there.
with

customers as (

    select * from {{ ref('int_customer_segments') }}

),

account_sets as (

    select * from {{ ref('int_account_segment_sets') }}

),

combinations as (

    select distinct
        engagement,
        firmographic,
        geographic,
        lifecycle,
        plan_stage,
        rfm,
        value_based,
        segment_set_key
    from customers
    union all
    -- set 0: customers who had no membership yet when the period began
    select
        'unknown' as engagement,
        'unknown' as firmographic,
        'unknown' as geographic,
        'unknown' as lifecycle,
        'unknown' as plan_stage,
        'unknown' as rfm,
        'unknown' as value_based,
        0 as segment_set_key

),

final as (

    select
        'customer' as entity_type,
        segment_set_key,
        'engagement' as segment_dimension,
        engagement as segment_key
    from combinations
    union all
    select
        'customer' as entity_type,
        segment_set_key,
        'firmographic' as segment_dimension,
        firmographic as segment_key
    from combinations
    union all
    select
        'customer' as entity_type,
        segment_set_key,
        'geographic' as segment_dimension,
        geographic as segment_key
    from combinations
    union all
    select
        'customer' as entity_type,
        segment_set_key,
        'lifecycle' as segment_dimension,
        lifecycle as segment_key
    from combinations
    union all
    select
        'customer' as entity_type,
        segment_set_key,
        'plan_stage' as segment_dimension,
        plan_stage as segment_key
    from combinations
    union all
    select
        'customer' as entity_type,
        segment_set_key,
        'rfm' as segment_dimension,
        rfm as segment_key
    from combinations
    union all
    select
        'customer' as entity_type,
        segment_set_key,
        'value_based' as segment_dimension,
        value_based as segment_key
    from combinations
    union all
    select
        'customer' as entity_type,
        segment_set_key,
        'all' as segment_dimension,
        'all' as segment_key
    from combinations
    union all
    select
        entity_type,
        segment_set_key,
        segment_dimension,
        segment_key
    from account_sets

)

select * from final
