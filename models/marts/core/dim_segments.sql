{%- set definitions = segment_definitions() -%}
with

segments as (

    select * from {{ ref('segments') }}

),

definitions as (

    {% for definition in definitions -%}
    select
        '{{ definition.entity }}' as entity_type,
        '{{ definition.dimension }}' as dimension,
        {{ definition.version }} as definition_version,
        '{{ definition.hash }}' as definition_hash
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (

    select
        definitions.entity_type,
        definitions.dimension,
        segments.segment_key,
        segments.segment_name,
        segments.rule_text,
        definitions.definition_version,
        definitions.definition_hash,
        cast(segments.sort_order as integer) as sort_order
    from segments
    inner join definitions
        on segments.dimension = definitions.dimension

)

select * from final
