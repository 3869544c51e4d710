with

accounts as (

    select * from {{ ref('int_account_segments') }}

),

final as (

    {{ segment_sets('accounts', 'account', kpi_dimensions(account_dimensions())) }}

)

select * from final
