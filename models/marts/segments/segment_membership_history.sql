{%- set entities = {
    'customer': (ref('int_customer_segments'), 'customer_id', 'customer_key', membership_states('customer', with_retired=true)),
    'account': (ref('int_account_segments'), 'account_id', 'account_id', membership_states('account', with_retired=true)),
} -%}
with

definitions as (

    {{ definition_rows(with_retired=true) }}

),

horizon as (

    select min(as_of_date) as oldest_as_of_date from {{ ref('int_as_of_dates') }}

),

{% for entity, (relation, id, key, states) in entities.items() -%}
{{ entity }}_segments as (

    select * from {{ relation }}

),

{{ entity }}_compared as (

    -- with the state before, of all dimensions in one sort
    select
        {% for state, segment in states.items() -%}
        {{ segment }} as {{ state }},
        lag({{ segment }}) over (partition by {{ key }} order by as_of_date) as previous_{{ state }},
        {% endfor -%}
        {{ id }} as entity_id,
        {{ key }} as entity_key,
        as_of_date
    from {{ entity }}_segments

),

{{ entity }}_states as (

    select
        {{ entity }}_compared.entity_id,
        {{ entity }}_compared.entity_key,
        {{ entity }}_compared.as_of_date,
        definitions.dimension,
        definitions.state,
        definitions.retired_on,
        definitions.definition_version,
        definitions.definition_hash,
        case definitions.state
            {% for state in states -%}
            when '{{ state }}' then {{ entity }}_compared.{{ state }}
            {% endfor -%}
        end as segment_key,
        case definitions.state
            {% for state in states -%}
            when '{{ state }}' then {{ entity }}_compared.previous_{{ state }}
            {% endfor -%}
        end as previous_segment_key
    from {{ entity }}_compared
    inner join definitions
        on definitions.entity_type = '{{ entity }}'

),

{{ entity }}_intervals as (

    select
        *,
        lead(as_of_date) over (partition by entity_key, state order by as_of_date) as left_on
    from {{ entity }}_states
    where
        previous_segment_key is null
        or previous_segment_key <> segment_key

),

{% endfor -%}
intervals as (

    {% for entity in entities -%}
    select
        '{{ entity }}' as entity_type,
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
    from {{ entity }}_intervals
    where
        segment_key <> ''
        -- an old definition holds until it was retired
        and (retired_on is null or as_of_date < retired_on)
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
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
