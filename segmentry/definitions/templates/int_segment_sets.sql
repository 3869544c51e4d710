with

customers as (

    select * from {{ ref('int_customer_segments') }}

),

account_sets as (

    select * from {{ ref('int_account_segment_sets') }}

),

combinations as (

    select distinct
--% for dimension in dimensions
        [[ dimension ]],
--% endfor
        segment_set_key
    from customers
    union all
    -- set 0: customers who had no membership yet when the period began
    select
--% for dimension in dimensions
        'unknown' as [[ dimension ]],
--% endfor
        0 as segment_set_key

),

final as (

--% for dimension in dimensions
    select
        'customer' as entity_type,
        segment_set_key,
        '[[ dimension ]]' as segment_dimension,
        [[ dimension ]] as segment_key
    from combinations
    union all
--% endfor
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
