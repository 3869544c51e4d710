with

history as (

    select * from {{ ref('segment_membership_history') }}

),

final as (

    select
        entity_type,
        entity_id,
        dimension,
        segment_key,
        {{ as_of_date() }} as as_of_date,
        valid_from as entered_on,
        definition_version,
        definition_hash
    from history
    where valid_to is null

)

select * from final
