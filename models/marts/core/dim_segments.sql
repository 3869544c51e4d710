{%- set entries = segment_catalogue() -%}
with

catalogue as (

    {% for entry in entries -%}
    {% set segment = entry.segment -%}
    select
        '{{ entry.entity }}' as entity_type,
        '{{ entry.dimension }}' as dimension,
        {{ text_literal(entry.segment_key) }} as segment_key,
        {{ text_literal(segment.name) }} as segment_name,
        {{ text_literal(segment.description) }} as segment_description,
        {{ text_literal(entry.rule_text) }} as rule_text,
        {{ 'true' if entry.exclusive else 'false' }} as is_exclusive,
        {{ entry.definition.version }} as definition_version,
        '{{ entry.definition.hash }}' as definition_hash,
        {{ entry.version }} as segment_version,
        '{{ entry.hash }}' as rule_hash,
        {% for name in ['owner', 'tactic', 'goal_kpi'] -%}
        {{ text_literal(segment[name]) if name in segment else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as {{ name }},
        {% endfor -%}
        {{ segment.get('holdout_share', 'null') }} as holdout_share,
        {{ segment.get('min_size', 'null') }} as min_size,
        {{ "'" ~ segment.review_by ~ "'" if 'review_by' in segment else 'null' }} as review_by,
        {{ "'" ~ entry.definition.retired_on ~ "'" if entry.definition.retired_on else 'null' }} as retired_on,
        {{ entry.sort_order }} as sort_order
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
    {%- if not entries -%}
    -- before the graph is whole nothing is known of the definitions
    select 1 as entity_type
    {%- endif %}
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
    from catalogue

)

select * from final
