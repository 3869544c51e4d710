{{ config(enabled=var('preset') == 'completejourney') }}
with

source as (

    select * from {{ raw_source('demographics', source='completejourney') }}

),

deduplicated as (

    {{ deduplicated('source', ['household_id']) }}

),

final as (

    select
        household_id,
        age,
        income,
        home_ownership,
        marital_status,
        household_size,
        household_comp,
        kids_count,
        _batch_id,
        _row,
        _load_id
    from deduplicated

)

select * from final
