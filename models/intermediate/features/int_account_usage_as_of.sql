with

customers as (

    select * from {{ ref('int_customers_as_of') }}

),

final as (

    select
        account_key,
        as_of_date,
        cast(count(*) as integer) as members,
        cast(sum(case when active_days_28d > 0 then 1 else 0 end) as integer) as active_members_28d,
        {{ bits_set(mask_union('features_mask_28d') | trim) }} as features_used_28d,
        cast(sum(open_tickets) as integer) as open_tickets
    from customers
    group by account_key, as_of_date

)

select * from final
