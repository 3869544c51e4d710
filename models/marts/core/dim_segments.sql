with

segments as (

    select * from {{ ref('segments') }}

),

definitions as (

    {{ definition_rows() }}

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
