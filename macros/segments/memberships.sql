{#- What an entity can be a member of, once for every model that goes over all of it: exclusive dimensions and audiences. -#}

{% macro audiences(entity) %}
    {%- set keys = [] -%}
    {%- for definition in segment_definitions()
        if definition.entity == entity and not definition.get('exclusive', true) -%}
        {%- do keys.append(definition.dimension) -%}
    {%- endfor -%}
    {{ return(keys) }}
{% endmacro %}

{% macro membership_states(entity) %}
    {#- Dimension to the column's SQL: the key of the segment, '' outside of an audience. Customers have the dimensions of accounts from theirs. -#}
    {%- set of_accounts = account_dimensions() -%}
    {%- set states = {} -%}
    {%- for dimension in of_accounts if entity == 'account' -%}
        {%- do states.update({dimension: dimension}) -%}
    {%- endfor -%}
    {%- for dimension in customer_dimensions() if entity == 'customer' and dimension not in of_accounts -%}
        {%- do states.update({dimension: dimension}) -%}
    {%- endfor -%}
    {%- for audience in audiences(entity) -%}
        {%- do states.update({audience: "case when in_" ~ audience ~ " then '" ~ audience ~ "' else '' end"}) -%}
    {%- endfor -%}
    {{ return(states) }}
{% endmacro %}

{% macro definition_rows() %}
    {%- for definition in segment_definitions() -%}
    select
        '{{ definition.entity }}' as entity_type,
        '{{ definition.dimension }}' as dimension,
        {{ definition.version }} as definition_version,
        '{{ definition.hash }}' as definition_hash,
        {{ definition.get('exclusive', true) | string | lower }} as is_exclusive,
        cast({{ definition.get('holdout_share') or 0 }} as double) as holdout_share
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
    select * from {{ ref('audience_members') }} where audience_key = '{{ audience }}'
{% endmacro %}
