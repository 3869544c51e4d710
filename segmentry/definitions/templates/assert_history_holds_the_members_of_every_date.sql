{#
    Members of each segment on each as-of date: counted in the wide model, and as those who had entered less those who had
    left by the history. The last date is today's membership.
#}
with

history as (

    select * from {{ ref('segment_membership_history') }}

),

as_of_dates as (

    select * from {{ ref('int_as_of_dates') }}

),

definitions as (

    select * from {{ ref('dimension_definitions') }} where retired_on is null

),

--% for entity in entities
[[ entity.name ]]_segments as (

    select * from {{ ref('int_[[ entity.name ]]_segments') }}

),

--% endfor
counted as (

--% for entity in entities
--% set last_entity = loop.last
--% for dimension, state in entity.states.items()
    select
        '[[ entity.name ]]' as entity_type,
        '[[ dimension ]]' as dimension,
        [[ state ]] as segment_key,
        as_of_date,
        count(*) as members
    from [[ entity.name ]]_segments
    group by [[ state ]], as_of_date
--% if not (last_entity and loop.last)
    union all
--% endif
--% endfor
--% endfor

),

moves as (

    select
        entity_type,
        dimension,
        segment_key,
        definition_hash,
        definition_version,
        valid_from as moved_on,
        1 as members
    from history
    union all
    select
        entity_type,
        dimension,
        segment_key,
        definition_hash,
        definition_version,
        valid_to as moved_on,
        -1 as members
    from history
    where valid_to is not null

),

current_moves as (

    select moves.*
    from moves
    inner join definitions
        on
            moves.dimension = definitions.dimension
            and moves.definition_hash = definitions.definition_hash
            and moves.definition_version = definitions.definition_version

),

told as (

    select
        current_moves.entity_type,
        current_moves.dimension,
        current_moves.segment_key,
        as_of_dates.as_of_date,
        sum(current_moves.members) as members
    from current_moves
    inner join as_of_dates
        on current_moves.moved_on <= as_of_dates.as_of_date
    group by
        current_moves.entity_type,
        current_moves.dimension,
        current_moves.segment_key,
        as_of_dates.as_of_date

),

final as (

    select
        coalesce(counted.entity_type, told.entity_type) as entity_type,
        coalesce(counted.dimension, told.dimension) as dimension,
        coalesce(counted.segment_key, told.segment_key) as segment_key,
        coalesce(counted.as_of_date, told.as_of_date) as as_of_date,
        counted.members as members_counted,
        told.members as members_told
    from counted
    full outer join told
        on
            counted.entity_type = told.entity_type
            and counted.dimension = told.dimension
            and counted.segment_key = told.segment_key
            and counted.as_of_date = told.as_of_date
    where
        coalesce(counted.members, 0) <> coalesce(told.members, 0)
        and coalesce(counted.segment_key, 'told') <> ''

)

select * from final
