with

customers as (

    select * from {{ ref('int_customer_segments') }}

),

accounts as (

    select * from {{ ref('int_account_segments') }}

),

definitions as (

    {{ definition_rows(with_retired=true) }}

),

replaced as (

    select
        dimension,
        state,
        lag(retired_on) over (partition by dimension order by retired_on) as in_force_from,
        retired_on
    from definitions
    where retired_on is not null

),

customer_sets as (

    {{ segment_sets('customers', 'customer', replaced_dimensions('customer')) }}

),

account_sets as (

    {{ segment_sets('accounts', 'account', replaced_dimensions('account')) }}

),

segment_sets as (

    select * from customer_sets
    union all
    select * from account_sets

),

final as (

    select
        segment_sets.entity_type,
        segment_sets.segment_set_key,
        replaced.dimension as segment_dimension,
        segment_sets.segment_key,
        replaced.in_force_from,
        replaced.retired_on
    from segment_sets
    inner join replaced
        on segment_sets.segment_dimension = replaced.state

)

select * from final
