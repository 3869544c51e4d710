{# Squaring the monthly matrix eight times looks 256 months ahead. Shares are decimals of 15 places: sums of floating point numbers
   depend on their order. #}
with

months_1 as (

    select * from {{ ref('segment_transition_matrix') }}

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
        from_segment_key,
        to_segment_key,
        256 as months_ahead,
        share,
        {{ as_of_date() }} as as_of_date
    from months_256

)

select * from final
