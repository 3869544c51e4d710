with

membership as (

    select * from {{ ref('segment_membership') }}

),

features as (

    select * from {{ ref('profile_features') }}

),

--% for entity in entities
[[ entity.name ]]_features as (

    select * from {{ ref('[[ entity.name ]]_features') }} where is_current

),

[[ entity.name ]]_today as (

    select
--% for feature in entity.numbers
        cast([[ feature ]] as {{ type_decimal(19, 4) }}) as [[ feature ]],
--% endfor
--% for feature in entity.answers
        cast(
            case when [[ feature ]] then 1 when not [[ feature ]] then 0 end as {{ type_decimal(19, 4) }}
        ) as [[ feature ]],
--% endfor
--% for feature in entity.categories
        [[ feature ]],
--% endfor
        [[ entity.name ]]_id as entity_id
    from [[ entity.name ]]_features

),

[[ entity.name ]]_members as (

    select
        dimension,
        segment_key,
        entity_id
    from membership
    where entity_type = '[[ entity.name ]]'
    union all
    select
        'all' as dimension,
        'all' as segment_key,
        entity_id
    from [[ entity.name ]]_today

),

-- 19 digits by 18: twice 18 is a short decimal that overflows on one engine, twice 19 loses a digit on another
[[ entity.name ]]_sums as (

    select
--% for feature in entity.measured
        count([[ entity.name ]]_today.[[ feature ]]) as [[ feature ]]_n,
        sum([[ entity.name ]]_today.[[ feature ]]) as [[ feature ]]_sum,
        sum(
            [[ entity.name ]]_today.[[ feature ]]
            * cast([[ entity.name ]]_today.[[ feature ]] as {{ type_decimal(18, 4) }})
        ) as [[ feature ]]_squares,
--% endfor
        [[ entity.name ]]_members.dimension,
        [[ entity.name ]]_members.segment_key,
        count(*) as members
    from [[ entity.name ]]_members
    inner join [[ entity.name ]]_today
        on [[ entity.name ]]_members.entity_id = [[ entity.name ]]_today.entity_id
    group by [[ entity.name ]]_members.dimension, [[ entity.name ]]_members.segment_key

),

[[ entity.name ]]_measured as (

    select
        [[ entity.name ]]_sums.dimension,
        [[ entity.name ]]_sums.segment_key,
        [[ entity.name ]]_sums.members,
        features.feature,
        features.feature_kind,
--% for name, suffix in measures.items()
        cast(
            case features.feature
--% for feature in entity.measured
                when '[[ feature ]]' then [[ entity.name ]]_sums.[[ feature ]][[ suffix ]]
--% endfor
            end as [[ 'bigint' if name == 'known' else '{{ type_decimal(38, 4) }}' ]]
        ) as [[ name ]][[ ',' if not loop.last ]]
--% endfor
    from [[ entity.name ]]_sums
    inner join features
        on
            features.entity_type = '[[ entity.name ]]'
            and features.feature_kind <> 'category'

),

[[ entity.name ]]_categories as (

    select
        [[ entity.name ]]_today.entity_id,
        features.feature,
        case features.feature
--% for feature in entity.categories
            when '[[ feature ]]' then [[ entity.name ]]_today.[[ feature ]]
--% endfor
        end as category
    from [[ entity.name ]]_today
    inner join features
        on
            features.entity_type = '[[ entity.name ]]'
            and features.feature_kind = 'category'

),

--% endfor
final as (

--% for entity in entities
    select
        '[[ entity.name ]]' as entity_type,
        dimension,
        segment_key,
        feature,
        feature_kind,
        cast(null as {{ dbt.type_string() }}) as category,
        members,
        known,
        total,
        squares
    from [[ entity.name ]]_measured
    where known > 0
    union all
    select
        '[[ entity.name ]]' as entity_type,
        [[ entity.name ]]_members.dimension,
        [[ entity.name ]]_members.segment_key,
        [[ entity.name ]]_categories.feature,
        'category' as feature_kind,
        [[ entity.name ]]_categories.category,
        max([[ entity.name ]]_sums.members) as members,
        cast(sum(count(*)) over (
            partition by [[ entity.name ]]_members.dimension, [[ entity.name ]]_members.segment_key, [[ entity.name ]]_categories.feature
        ) as bigint) as known,
        cast(count(*) as {{ type_decimal(38, 4) }}) as total,
        cast(count(*) as {{ type_decimal(38, 4) }}) as squares
    from [[ entity.name ]]_members
    inner join [[ entity.name ]]_categories
        on
            [[ entity.name ]]_members.entity_id = [[ entity.name ]]_categories.entity_id
            and [[ entity.name ]]_categories.category is not null
    inner join [[ entity.name ]]_sums
        on
            [[ entity.name ]]_members.dimension = [[ entity.name ]]_sums.dimension
            and [[ entity.name ]]_members.segment_key = [[ entity.name ]]_sums.segment_key
    group by
        [[ entity.name ]]_members.dimension,
        [[ entity.name ]]_members.segment_key,
        [[ entity.name ]]_categories.feature,
        [[ entity.name ]]_categories.category
--% if not loop.last
    union all
--% endif
--% endfor

)

select * from final
