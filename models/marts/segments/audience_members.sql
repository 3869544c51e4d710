with

members as (

    select * from {{ ref('int_audience_members') }} where is_current

),

entries as (

    select
        audience_key,
        entity_type,
        entity_id,
        max(changed_on) as entered_on
    from {{ ref('audience_changes') }}
    where change_type = 'entered'
    group by audience_key, entity_type, entity_id

),

final as (

    select
        members.audience_key,
        members.entity_type,
        members.entity_id,
        members.account_id,
        members.engagement,
        members.lifecycle,
        members.firmographic,
        members.is_holdout,
        members.row_hash,
        entries.entered_on,
        members.as_of_date
    from members
    inner join entries
        on
            members.audience_key = entries.audience_key
            and members.entity_type = entries.entity_type
            and members.entity_id = entries.entity_id

)

select * from final
