{#-
    Connected components of user ids over shared e-mails: in each round every e-mail takes the smallest label of its
    ids, and every id the smallest label of its e-mails. A label travels one person a round, so a group within the cap
    has one label after as many rounds; a group that has more is larger. Devices never link two identified people.
-#}
{%- set rounds = var('identity_max_group_size') -%}
with

versions as (

    select * from {{ staged('users') }} where {{ known_by_as_of_date('updated_at') }}

),

emails as (

    select distinct
        user_id,
        lower(trim(email)) as email
    from versions
    where
        -- what has no @ is no address, such as n/a
        email like '%@%'
        and {{ var('identity_merge_by_email') | lower }}

),

shared_emails as (

    select email
    from emails
    group by email
    having count(*) > 1

),

edges as (

    select
        emails.user_id,
        emails.email
    from emails
    inner join shared_emails
        on emails.email = shared_emails.email

),

labels_0 as (

    -- few rows, many rounds: one partition saves Spark a shuffle per round
    select /*+ coalesce(1) */
        user_id,
        email,
        user_id as label
    from edges

),

{% for n in range(1, rounds + 1) %}
email_labels_{{ n }} as (

    select
        user_id,
        email,
        min(label) over (partition by email) as label
    from labels_{{ n - 1 }}

),

labels_{{ n }} as (

    select
        user_id,
        email,
        min(label) over (partition by user_id) as label
    from email_labels_{{ n }}

),
{% endfor %}
checked as (

    select
        user_id,
        label,
        min(label) over (partition by email) <> max(label) over (partition by email) as is_unfinished
    from labels_{{ rounds }}

),

people as (

    select distinct
        user_id,
        label
    from checked

),

sizes as (

    select
        label,
        count(distinct user_id) as members,
        max(case when is_unfinished then 1 else 0 end) = 1 as is_unfinished
    from checked
    group by label

),

final as (

    select
        people.user_id,
        people.label as group_id,
        sizes.members,
        sizes.members > {{ var('identity_max_group_size') }} or sizes.is_unfinished as is_quarantined
    from people
    inner join sizes
        on people.label = sizes.label

)

select * from final
