{{ config(enabled=var('preset') == 'ravenstack') }}
with

source as (

    select * from {{ raw_source('accounts', source='ravenstack', known_at='signup_date') }}

),

final as (

    {{ deduplicated('source', ['account_id'], ['signup_date desc']) }}

)

select * from final
