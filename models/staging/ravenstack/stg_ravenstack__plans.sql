{{ config(enabled=var('preset') == 'ravenstack') }}
with

subscriptions as (

    select * from {{ ref('base_ravenstack__subscriptions') }}

),

ranked as (

    select
        *,
        row_number() over (partition by plan_tier order by start_date, _batch_id, _row) as subscription_rank
    from subscriptions

),

final as (

    select
        plan_tier as plan_id,
        plan_tier as plan_name,
        lower(plan_tier) as tier,
        false as is_free,
        cast(null as bigint) as seats_included,
        cast(null as {{ dbt.type_string() }}) as limits,
        cast(null as {{ dbt.type_string() }}) as features,
        _batch_id,
        _row,
        _load_id
    from ranked
    where subscription_rank = 1

)

select * from final
