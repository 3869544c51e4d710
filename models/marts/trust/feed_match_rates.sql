{#- A feed is a silo when the people it names are those of no profile and no event. That a feed names somebody makes a customer
    of them (int_user_mentions), so customers are no measure. Without profiles and events there is nothing to match with. -#}
with

mentions as (

    select * from {{ ref('int_user_mentions') }}

),

consents as (

    select * from {{ staged('consents') }}

),

known_ids as (

    select distinct user_id as known_id
    from mentions
    where feed in ('users', 'events')

),

named_ids as (

    select distinct
        feed,
        user_id
    from mentions
    where feed not in ('users', 'events')
    union all
    -- a consent decision alone does not make a customer, so it is no mention
    select distinct
        'consents' as feed,
        user_id
    from consents
    where
        user_id is not null
        and {{ known_by_as_of_date('decided_at') }}

),

matched as (

    select
        named_ids.feed,
        named_ids.user_id,
        known_ids.known_id
    from named_ids
    left join known_ids
        on named_ids.user_id = known_ids.known_id

),

counted as (

    select
        matched.feed,
        count(*) as user_ids,
        count(matched.known_id) as user_ids_matched
    from matched
    group by matched.feed

),

known as (

    select count(*) > 0 as is_anybody_known from known_ids

),

final as (

    select
        counted.feed,
        counted.user_ids,
        counted.user_ids_matched,
        case
            when known.is_anybody_known then {{ safe_divide('counted.user_ids_matched', 'counted.user_ids') }}
        end as match_rate,
        {{ as_of_date() }} as as_of_date
    from counted
    cross join known

)

select * from final
