{#-
    The segments of every combination that a figure may have, those of money among them. Who was not known when the period began has no segment of its own, yet its account may have:
    such money has the negative of the account's set, in the account's segment of account dimensions and `unknown` in the others.
-#}
with

segment_sets as (

    select * from {{ ref('int_segment_sets') }}

),

account_sets as (

    select * from segment_sets
    where
        entity_type = 'account'
        and segment_set_key <> 0

),

accounts as (

    select distinct segment_set_key from account_sets

),

account_dimensions as (

    select distinct segment_dimension from account_sets

),

customer_dimensions as (

    select distinct segment_sets.segment_dimension
    from segment_sets
    left join account_dimensions
        on segment_sets.segment_dimension = account_dimensions.segment_dimension
    where
        segment_sets.entity_type = 'customer'
        and account_dimensions.segment_dimension is null

),

final as (

    select
        entity_type,
        segment_set_key,
        segment_dimension,
        segment_key
    from segment_sets
    union all
    select
        'customer' as entity_type,
        -segment_set_key as segment_set_key,
        segment_dimension,
        segment_key
    from account_sets
    union all
    select
        'customer' as entity_type,
        -accounts.segment_set_key as segment_set_key,
        customer_dimensions.segment_dimension,
        'unknown' as segment_key
    from accounts
    cross join customer_dimensions

)

select * from final
