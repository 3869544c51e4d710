{#-
    Where everyone ends up if the moves of the last twelve months go on for ever. Squaring the monthly matrix eight times looks 256 months
    ahead; the look 128 months ahead shows whether that was far enough. Shares are decimals of 15 places: sums of floating point numbers
    depend on their order.
-#}
with

months_1 as (

    select * from {{ ref('segment_transition_matrix') }}

),

members as (

    select
        dimension,
        segment_key,
        count(*) as members
    from {{ ref('segment_membership') }}
    group by dimension, segment_key

),

{% for months in [1, 2, 4, 8, 16, 32, 64, 128] -%}
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
ahead as (

    {% for months in [128, 256] -%}
    select
        months_{{ months }}.dimension,
        months_{{ months }}.to_segment_key as segment_key,
        {{ 'months_128.share * members.members' if months == 128 else '0' }} as members_128,
        {{ 'months_256.share * members.members' if months == 256 else '0' }} as members_256
    from months_{{ months }}
    inner join members
        on
            months_{{ months }}.dimension = members.dimension
            and months_{{ months }}.from_segment_key = members.segment_key
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

members_ahead as (

    select
        dimension,
        segment_key,
        sum(members_256) as members_256,
        sum(members_128) as members_128
    from ahead
    group by dimension, segment_key

),

states as (

    select distinct
        entity_type,
        dimension,
        from_segment_key as segment_key
    from months_1

),

shares as (

    select
        states.entity_type,
        states.dimension,
        states.segment_key,
        coalesce(members.members, 0) as members,
        sum(members.members) over (partition by states.dimension) as all_members,
        coalesce(members_ahead.members_256, 0) as members_256,
        coalesce(members_ahead.members_128, 0) as members_128
    from states
    left join members
        on
            states.dimension = members.dimension
            and states.segment_key = members.segment_key
    left join members_ahead
        on
            states.dimension = members_ahead.dimension
            and states.segment_key = members_ahead.segment_key

),

final as (

    select
        entity_type,
        dimension,
        segment_key,
        cast(members as bigint) as members,
        cast(all_members as bigint) as all_members,
        {{ safe_divide('members', 'all_members') }} as share_now,
        -- smaller digits are rounding errors of 256 steps
        round({{ safe_divide('members_256', 'all_members') }}, 12) as long_run_share,
        round(
            max(abs({{ safe_divide('members_256 - members_128', 'all_members') }})) over (partition by dimension), 9
        ) as largest_change,
        {{ as_of_date() }} as as_of_date
    from shares

)

select * from final
