with

users as (

    select * from {{ staged('users') }} where {{ known_by_as_of_date('updated_at') }}

),

merge_groups as (

    select * from {{ ref('int_identity_groups') }}

),

emails as (

    select distinct
        user_id,
        lower(trim(email)) as email
    from users
    where trim(email) <> ''

),

labelled as (

    select
        emails.email,
        merge_groups.group_id,
        coalesce(merge_groups.is_quarantined, false) as is_quarantined
    from emails
    left join merge_groups
        on emails.user_id = merge_groups.user_id

),

-- the address itself stays out of the result: results are logged
final as (

    select
        min(group_id) as first_group_id,
        max(group_id) as last_group_id,
        count(*) as user_ids,
        count(group_id) as labelled_user_ids
    from labelled
    group by email
    having
        count(*) > 1
        and (count(group_id) < count(*) or count(distinct group_id) > 1)
        and min(case when is_quarantined then 1 else 0 end) = 0

)

select * from final
where {{ var('identity_merge_by_email') | lower }}
