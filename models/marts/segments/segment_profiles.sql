with

totals as (

    select * from {{ ref('segment_feature_totals') }}

),

ranked as (

    -- the most common value of a category represents the segment
    select
        *,
        row_number() over (
            partition by entity_type, dimension, segment_key, feature
            order by total desc, category asc
        ) as place
    from totals

),

segments as (

    select
        *,
        {{ safe_divide('total', 'known') }} as mean_value
    from ranked
    where
        place = 1
        and dimension <> 'all'

),

everyone as (

    select
        entity_type,
        feature,
        category,
        {{ safe_divide('total', 'known') }} as mean_value,
        {{ safe_divide('squares', 'known') }} as mean_square
    from totals
    where dimension = 'all'

),

compared as (

    select
        segments.entity_type,
        segments.dimension,
        segments.segment_key,
        segments.feature,
        segments.feature_kind,
        segments.category,
        segments.members,
        segments.known,
        segments.mean_value as segment_value,
        everyone.mean_value as overall_value,
        {{ safe_divide('segments.mean_value', 'everyone.mean_value') }} as lift,
        {{ safe_divide(
            'segments.mean_value - everyone.mean_value',
            'sqrt(greatest(0, everyone.mean_square - everyone.mean_value * everyone.mean_value))',
        ) }} as standardised_difference
    from segments
    inner join everyone
        on
            segments.entity_type = everyone.entity_type
            and segments.feature = everyone.feature
            and coalesce(segments.category, '') = coalesce(everyone.category, '')

),

final as (

    select
        entity_type,
        dimension,
        segment_key,
        feature,
        feature_kind,
        category,
        members,
        known,
        segment_value,
        overall_value,
        lift,
        standardised_difference,
        cast(row_number() over (
            partition by entity_type, dimension, segment_key
            order by round(abs(coalesce(standardised_difference, 0)), 9) desc, feature
        ) as integer) as distinctiveness_rank,
        {{ is_small_n('known') }} as is_small_n,
        {{ as_of_date() }} as as_of_date
    from compared

)

select * from final
