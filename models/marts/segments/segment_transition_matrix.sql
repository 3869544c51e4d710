{# Squaring the monthly matrix eight times looks 256 months ahead. Shares are decimals of 15 places: sums of floating point
   numbers depend on their order. #}
with

transitions as (

    select * from {{ ref('segment_transitions') }}

),

membership as (

    select * from {{ ref('segment_membership') }}

),

definitions as (

    select * from {{ ref('dimension_definitions') }} where retired_on is null

),

moves as (

    select
        entity_type,
        dimension,
        from_segment_key,
        to_segment_key,
        sum(entities) as moves
    from transitions
    where
        from_segment_key <> 'not_yet_known'
        and period_start >= {{ period_start('month', add_days(as_of_date(), -364)) }}
    group by entity_type, dimension, from_segment_key, to_segment_key

),

states as (

    select
        membership.entity_type,
        membership.dimension,
        membership.segment_key
    from membership
    inner join definitions
        on
            membership.dimension = definitions.dimension
            and definitions.is_exclusive
    union distinct
    select
        entity_type,
        dimension,
        to_segment_key as segment_key
    from moves

),

months_1 as (

    select
        entity_type,
        dimension,
        from_segment_key,
        to_segment_key,
        cast(moves as bigint) as moves,
        cast(sum(moves) over (partition by entity_type, dimension, from_segment_key) as bigint) as from_moves,
        -- as a whole number first, half upwards: engines round a double and cut its last digit differently
        cast(
            cast(floor(
                0.5e0
                + 1e15 * {{ safe_divide('moves', 'sum(moves) over (partition by entity_type, dimension, from_segment_key)') }}
            ) as bigint) * cast('0.000000000000001' as {{ type_decimal(16, 15) }})
            as {{ type_decimal(18, 15) }}
        ) as share,
        false as is_assumed
    from moves
    union all
    select
        states.entity_type,
        states.dimension,
        states.segment_key as from_segment_key,
        states.segment_key as to_segment_key,
        0 as moves,
        0 as from_moves,
        cast(1 as {{ type_decimal(18, 15) }}) as share,
        true as is_assumed
    from states
    left join moves
        on
            states.entity_type = moves.entity_type
            and states.dimension = moves.dimension
            and states.segment_key = moves.from_segment_key
    where moves.dimension is null

),

{% for months in [1, 2, 4, 8, 16, 32, 64, 128] -%}
months_{{ 2 * months }} as (

    select
        first_leg.entity_type,
        first_leg.dimension,
        first_leg.from_segment_key,
        second_leg.to_segment_key,
        cast(sum(first_leg.share * second_leg.share) as {{ type_decimal(18, 15) }}) as share
    from months_{{ months }} as first_leg
    inner join months_{{ months }} as second_leg
        on
            first_leg.dimension = second_leg.dimension
            and first_leg.to_segment_key = second_leg.from_segment_key
    group by first_leg.entity_type, first_leg.dimension, first_leg.from_segment_key, second_leg.to_segment_key

),

{% endfor -%}
final as (

    select
        entity_type,
        dimension,
        1 as months_ahead,
        from_segment_key,
        to_segment_key,
        moves,
        from_moves,
        share,
        is_assumed,
        {{ as_of_date() }} as as_of_date
    from months_1
    union all
    select
        entity_type,
        dimension,
        256 as months_ahead,
        from_segment_key,
        to_segment_key,
        cast(null as bigint) as moves,
        cast(null as bigint) as from_moves,
        share,
        true as is_assumed,
        {{ as_of_date() }} as as_of_date
    from months_256

)

select * from final
