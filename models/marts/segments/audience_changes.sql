{%- set by_date = 'partition by members.audience_key, members.entity_id order by members.as_of_date' -%}
with

members as (

    select * from {{ ref('int_audience_members') }}

),

as_of_states as (

    select
        as_of_date,
        previous_as_of_date,
        lead(as_of_date) over (order by as_of_date) as next_as_of_date
    from {{ ref('int_as_of_dates') }}

),

neighbours as (

    select
        members.*,
        as_of_states.previous_as_of_date,
        as_of_states.next_as_of_date,
        lag(members.as_of_date) over ({{ by_date }}) as seen_before_on,
        lag(members.row_hash) over ({{ by_date }}) as row_hash_before,
        lead(members.as_of_date) over ({{ by_date }}) as seen_again_on
    from members
    inner join as_of_states
        on members.as_of_date = as_of_states.as_of_date

),

changes as (

    select
        audience_key,
        entity_type,
        entity_id,
        account_id,
        case
            when seen_before_on = previous_as_of_date then 'changed'
            else 'entered'
        end as change_type,
        is_holdout,
        row_hash,
        as_of_date as changed_on
    from neighbours
    where
        seen_before_on is null
        or seen_before_on <> previous_as_of_date
        or row_hash <> row_hash_before
    union all
    select
        audience_key,
        entity_type,
        entity_id,
        account_id,
        'left' as change_type,
        is_holdout,
        row_hash,
        next_as_of_date as changed_on
    from neighbours
    where
        next_as_of_date is not null
        and (seen_again_on is null or seen_again_on > next_as_of_date)

),

final as (

    select
        {{ md5_hex(
            "audience_key || '|' || entity_type || '|' || entity_id || '|' || change_type || '|' || cast(changed_on as "
            ~ dbt.type_string() ~ ")"
        ) }} as change_id,
        audience_key,
        entity_type,
        entity_id,
        account_id,
        change_type,
        is_holdout,
        row_hash,
        changed_on,
        {{ as_of_date() }} as as_of_date
    from changes

)

select * from final
