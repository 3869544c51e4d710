{# Squaring the matrix of 256 months six times looks 16,384 months ahead. The long run is reached when neither half as many
   months nor one month more says anything else: the latter does where members go round in a circle. #}
with

months_1 as (select * from {{ ref('segment_transition_matrix') }} where months_ahead = 1),

months_256 as (select * from {{ ref('segment_transition_matrix') }} where months_ahead = 256),

members as (

    select
        dimension,
        segment_key,
        count(*) as members
    from {{ ref('segment_membership') }}
    group by dimension, segment_key

),

{% for months in [256, 512, 1024, 2048, 4096, 8192] -%}
months_{{ 2 * months }} as (

    select
        first_leg.dimension,
        first_leg.from_segment_key,
        second_leg.to_segment_key,
        cast(sum(first_leg.share * second_leg.share) as {{ type_decimal(18, 15) }}) as share
    from months_{{ months }} as first_leg
    inner join months_{{ months }} as second_leg
        on
            first_leg.dimension = second_leg.dimension
            and first_leg.to_segment_key = second_leg.from_segment_key
    group by first_leg.dimension, first_leg.from_segment_key, second_leg.to_segment_key

),

{% endfor -%}
{% for months in [8192, 16384] -%}
members_after_{{ months }} as (

    select
        months_{{ months }}.dimension,
        months_{{ months }}.to_segment_key as segment_key,
        sum(months_{{ months }}.share * members.members) as members
    from months_{{ months }}
    inner join members
        on
            months_{{ months }}.dimension = members.dimension
            and months_{{ months }}.from_segment_key = members.segment_key
    group by months_{{ months }}.dimension, months_{{ months }}.to_segment_key

),

{% endfor -%}
members_a_month_later as (

    select
        months_1.dimension,
        months_1.to_segment_key as segment_key,
        sum(months_1.share * members_after_16384.members) as members
    from months_1
    inner join members_after_16384
        on
            months_1.dimension = members_after_16384.dimension
            and months_1.from_segment_key = members_after_16384.segment_key
    group by months_1.dimension, months_1.to_segment_key

),

states as (

    select distinct
        entity_type,
        dimension,
        from_segment_key as segment_key
    from months_1

),

counted as (

    select
        states.entity_type,
        states.dimension,
        states.segment_key,
        coalesce(members.members, 0) as members,
        sum(members.members) over (partition by states.dimension) as all_members,
        coalesce(members_after_16384.members, 0) as members_ahead,
        coalesce(members_after_8192.members, 0) as members_half_way,
        coalesce(members_a_month_later.members, 0) as members_later
    from states
    left join members
        on
            states.dimension = members.dimension
            and states.segment_key = members.segment_key
    left join members_after_16384
        on
            states.dimension = members_after_16384.dimension
            and states.segment_key = members_after_16384.segment_key
    left join members_after_8192
        on
            states.dimension = members_after_8192.dimension
            and states.segment_key = members_after_8192.segment_key
    left join members_a_month_later
        on
            states.dimension = members_a_month_later.dimension
            and states.segment_key = members_a_month_later.segment_key

),

shares as (

    select
        entity_type,
        dimension,
        segment_key,
        members,
        all_members,
        {{ safe_divide('members', 'all_members') }} as share_now,
        {{ safe_divide('members_ahead', 'all_members') }} as share_ahead,
        max({{ safe_divide(
            'greatest(abs(members_ahead - members_half_way), abs(members_later - members_ahead))', 'all_members'
        ) }}) over (partition by dimension) as largest_change
    from counted

),

final as (

    select
        entity_type,
        dimension,
        segment_key,
        cast(members as bigint) as members,
        cast(all_members as bigint) as all_members,
        share_now,
        -- below these digits it is what the rounding of so many steps left
        case when largest_change <= 1e-6 then round(share_ahead, 9) end as long_run_share,
        case when largest_change > 1e-6 then 'shares still change after 16,384 months' end as no_long_run_because,
        round(largest_change, 9) as largest_change,
        {{ as_of_date() }} as as_of_date
    from shares

)

select * from final
