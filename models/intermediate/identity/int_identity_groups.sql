{#-
    Connected components of user ids over shared e-mails: in each round every id takes the smallest label of its
    e-mail, and every e-mail the smallest label of its ids. A chain of n people needs n / 2 rounds; the test
    assert_identity_converged fails when the rounds did not suffice. Devices never link two identified people.
-#}
{%- set rounds = 8 -%}
with

versions as (

    select * from {{ staged('users') }}

),

emails as (

    select distinct
        user_id,
        lower(trim(email)) as email
    from versions
    where
        email is not null
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

    select distinct
        user_id,
        user_id as label
    from edges

),

{% for n in range(1, rounds + 1) %}
email_labels_{{ n }} as (

    select
        edges.email,
        min(labels_{{ n - 1 }}.label) as label
    from edges
    inner join labels_{{ n - 1 }}
        on edges.user_id = labels_{{ n - 1 }}.user_id
    group by edges.email

),

labels_{{ n }} as (

    select
        edges.user_id,
        min(email_labels_{{ n }}.label) as label
    from edges
    inner join email_labels_{{ n }}
        on edges.email = email_labels_{{ n }}.email
    group by edges.user_id

),
{% endfor %}
sizes as (

    select
        label,
        count(*) as members
    from labels_{{ rounds }}
    group by label

),

final as (

    select
        labels.user_id,
        labels.label as group_id,
        sizes.members,
        sizes.members > {{ var('identity_max_group_size') }} as is_quarantined
    from labels_{{ rounds }} as labels
    inner join sizes
        on labels.label = sizes.label

)

select * from final
