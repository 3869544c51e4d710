with

definitions as (

    select * from {{ ref('dimension_definitions') }} where not is_exclusive and retired_on is null

),

granted as (

    select * from {{ ref('int_customer_consents') }}

),

--% for entity in entities
[[ entity.name ]]_segments as (

    select * from {{ ref('int_[[ entity.name ]]_segments') }}

),

[[ entity.name ]]_members as (

    select
        definitions.dimension as audience_key,
        '[[ entity.name ]]' as entity_type,
        [[ entity.name ]]_segments.[[ entity.name ]]_id as entity_id,
        [[ entity.name ]]_segments.account_id,
--% for trait, is_known in entity.traits.items()
        [[ entity.name ~ '_segments.' ~ trait if is_known else 'cast(null as {{ dbt.type_string() }})' ~ ' as ' ~ trait ]],
--% endfor
        {{ is_held_out('definitions.dimension', '[[ entity.name ]]_segments.[[ entity.name ]]_id', 'definitions.holdout_share') }} as is_holdout,
        [[ entity.name ]]_segments.is_current,
        [[ entity.name ]]_segments.as_of_date
    from [[ entity.name ]]_segments
    inner join definitions
        on definitions.entity_type = '[[ entity.name ]]'
    where
        case definitions.dimension
--% for audience in entity.audiences
            when '[[ audience ]]' then [[ entity.name ]]_segments.in_[[ audience ]]
--% endfor
            else false
        end

),

--% endfor
members as (

    -- a person has to agree and not to have asked to be forgotten; an account is addressed as a firm
    select customer_members.*
    from customer_members
    inner join granted
        on
            customer_members.entity_id = granted.customer_id
            and customer_members.as_of_date >= granted.valid_from
            and (granted.valid_to is null or customer_members.as_of_date < granted.valid_to)
    union all
    select * from account_members

),

-- the traits go with a member: a change of one is a change of the member
final as (

    select
        *,
        {{ md5_hex(
            "audience_key || '|' || entity_type || '|' || entity_id || '|' || coalesce(account_id, '')"
--% for trait in traits
            ~ " || '|' || coalesce([[ trait ]], '')"
--% endfor
        ) }} as row_hash
    from members

)

select * from final
