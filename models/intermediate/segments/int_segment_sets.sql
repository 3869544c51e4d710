with

customers as (

    select * from {{ ref('int_customer_segments') }}

),

account_sets as (

    select * from {{ ref('int_account_segment_sets') }}

),

customer_sets as (

    {{ segment_sets('customers', 'customer', kpi_dimensions(customer_dimensions())) }}

),

final as (

    select
        entity_type,
        segment_set_key,
        segment_dimension,
        segment_key
    from customer_sets
    union all
    select
        entity_type,
        segment_set_key,
        segment_dimension,
        segment_key
    from account_sets

)

select * from final
