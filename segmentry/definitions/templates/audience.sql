with

members as (

    select * from {{ ref('audience_members') }} where audience_key = '[[ dimension.name ]]'

),

final as (

    select
        audience_key,
        entity_type,
        entity_id,
        account_id,
--% for trait in traits
        [[ trait ]],
--% endfor
        is_holdout,
        row_hash,
        entered_on,
        as_of_date
    from members

)

select * from final
