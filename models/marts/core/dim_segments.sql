with

definitions as (

    select * from {{ ref('segment_definitions') }}

),

final as (

    select
        entity_type,
        dimension,
        segment_key,
        segment_name,
        segment_description,
        rule_text,
        is_exclusive,
        cast(definition_version as integer) as definition_version,
        definition_hash,
        cast(segment_version as integer) as segment_version,
        rule_hash,
        owner,
        tactic,
        goal_kpi,
        cast(holdout_share as {{ type_double() }}) as holdout_share,
        cast(min_size as integer) as min_size,
        cast(review_by as date) as review_by,
        cast(retired_on as date) as retired_on,
        cast(sort_order as integer) as sort_order
    from definitions

)

select * from final
