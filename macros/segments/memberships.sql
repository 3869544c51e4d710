{#- What an entity can be a member of, once for every model that goes over all of it: exclusive dimensions and audiences. -#}

{% macro audiences(entity) %}
    {%- set keys = [] -%}
    {%- for definition in segment_definitions()
        if definition.entity == entity and not definition.exclusive -%}
        {%- do keys.append(definition.dimension) -%}
    {%- endfor -%}
    {{ return(keys) }}
{% endmacro %}

{% macro retired_states(entity) %}
    {#- Columns of int_<entity>_segments that hold membership under definitions no longer in force. -#}
    {%- set columns = [] -%}
    {%- for dimension in retired_dimensions() if dimension.entity == entity -%}
        {%- do columns.append(('' if dimension.exclusive else 'in_') ~ dimension.dimension) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}

{% macro membership_states(entity, with_retired=false) %}
    {#- State to its SQL: the key of the segment, '' outside of an audience. Customers have the dimensions of accounts from theirs. -#}
    {%- set states = {} -%}
    {%- for dimension in segment_dimensions() + (retired_dimensions() if with_retired else [])
        if dimension.entity == entity -%}
        {%- set state = dimension.dimension -%}
        {%- do states.update({state: state if dimension.exclusive else
            "case when in_" ~ state ~ " then '" ~ dimension.segments[0].key ~ "' else '' end"
        }) -%}
    {%- endfor -%}
    {{ return(states) }}
{% endmacro %}

{% macro definition_rows(with_retired=false) %}
    {%- for definition in segment_definitions(segment_dimensions() + (retired_dimensions() if with_retired else [])) -%}
    select
        '{{ definition.entity }}' as entity_type,
        '{{ definition.dimension }}' as dimension,
        {{ definition.version }} as definition_version,
        '{{ definition.hash }}' as definition_hash,
        {{ definition.exclusive | string | lower }} as is_exclusive,
        cast({{ definition.holdout_share or 0 }} as {{ type_double() }}) as holdout_share,
        '{{ definition.state }}' as state,
        cast({{ "'" ~ definition.retired_on ~ "'" if definition.retired_on else 'null' }} as date) as retired_on
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor -%}
{% endmacro %}

{% macro is_held_out(audience, entity_id, share) %}
    {#- By a hash of both, so that the same entity is held out of the same audience in every build, and independently of other audiences. -#}
    mod({{ int64_key(audience ~ " || '|' || " ~ entity_id) }}, 10000) < 10000 * {{ share }}
{% endmacro %}

{% macro audience_view(audience) %}
    select
        audience_key,
        entity_type,
        entity_id,
        account_id,
        engagement,
        lifecycle,
        firmographic,
        is_holdout,
        row_hash,
        entered_on,
        as_of_date
    from {{ ref('audience_members') }}
    where audience_key = '{{ audience }}'
{% endmacro %}
