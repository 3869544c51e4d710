with

definitions as (

    select * from {{ ref('dimension_definitions') }}

),

horizon as (

    select min(as_of_date) as oldest_as_of_date from {{ ref('int_as_of_dates') }}

),

--% for entity in entities
[[ entity.name ]]_segments as (

    select * from {{ ref('int_[[ entity.name ]]_segments') }}

),

-- outside of an audience the state is ''
[[ entity.name ]]_states as (

    select
--% for state, sql in entity.states.items()
        [[ sql ]],
--% endfor
        [[ entity.name ]]_id as entity_id,
        [[ entity.key ]] as entity_key,
        as_of_date
    from [[ entity.name ]]_segments

),

-- with the state before, of all dimensions in one sort
[[ entity.name ]]_compared as (

    select
--% for state in entity.states
        lag([[ state ]]) over (partition by entity_key order by as_of_date) as previous_[[ state ]],
--% endfor
        *
    from [[ entity.name ]]_states

),

[[ entity.name ]]_by_definition as (

    select
        [[ entity.name ]]_compared.entity_id,
        [[ entity.name ]]_compared.entity_key,
        [[ entity.name ]]_compared.as_of_date,
        definitions.dimension,
        definitions.state,
        definitions.retired_on,
        definitions.definition_version,
        definitions.definition_hash,
        case definitions.state
--% for state in entity.states
            when '[[ state ]]' then [[ entity.name ]]_compared.[[ state ]]
--% endfor
        end as segment_key,
        case definitions.state
--% for state in entity.states
            when '[[ state ]]' then [[ entity.name ]]_compared.previous_[[ state ]]
--% endfor
        end as previous_segment_key
    from [[ entity.name ]]_compared
    inner join definitions
        on definitions.entity_type = '[[ entity.name ]]'

),

[[ entity.name ]]_intervals as (

    select
        *,
        lead(as_of_date) over (partition by entity_key, state order by as_of_date) as left_on
    from [[ entity.name ]]_by_definition
    where
        previous_segment_key is null
        or previous_segment_key <> segment_key

),

--% endfor
intervals as (

--% for entity in entities
    select
        '[[ entity.name ]]' as entity_type,
        entity_id,
        dimension,
        segment_key,
        definition_version,
        definition_hash,
        as_of_date as valid_from,
        case
            when retired_on is null or left_on <= retired_on then left_on
            else retired_on
        end as valid_to
    from [[ entity.name ]]_intervals
    where
        segment_key <> ''
        -- an old definition holds until it was retired
        and (retired_on is null or as_of_date < retired_on)
--% if not loop.last
    union all
--% endif
--% endfor

),

final as (

    select
        intervals.entity_type,
        intervals.entity_id,
        intervals.dimension,
        intervals.segment_key,
        intervals.definition_version,
        intervals.definition_hash,
        intervals.valid_from = horizon.oldest_as_of_date as is_left_censored,
        intervals.valid_from,
        intervals.valid_to
    from intervals
    cross join horizon

)

select * from final
