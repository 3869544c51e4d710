{#- Traits that go with a member; one that an entity does not have is NULL. A change of one is a change of the member. -#}
{%- set traits = ['engagement', 'lifecycle', 'firmographic'] -%}
{%- set entities = {
    'customer': (ref('int_customer_segments'), 'customer_id', customer_dimensions()),
    'account': (ref('int_account_segments'), 'account_id', account_dimensions()),
} -%}
with

definitions as (

    {{ definition_rows() }}

),

granted as (

    select * from {{ ref('int_customer_consents') }}

),

{% for entity, (relation, id, dimensions) in entities.items() -%}
{{ entity }}_segments as (

    select * from {{ relation }}

),

{{ entity }}_members as (

    select
        definitions.dimension as audience_key,
        '{{ entity }}' as entity_type,
        {{ entity }}_segments.{{ id }} as entity_id,
        {{ entity }}_segments.account_id,
        {% for trait in traits -%}
        {% if trait in dimensions -%}
        {{ entity }}_segments.{{ trait }},
        {% else -%}
        cast(null as {{ dbt.type_string() }}) as {{ trait }},
        {% endif -%}
        {% endfor -%}
        {{ is_held_out('definitions.dimension', entity ~ '_segments.' ~ id, 'definitions.holdout_share') }} as is_holdout,
        {{ entity }}_segments.is_current,
        {{ entity }}_segments.as_of_date
    from {{ entity }}_segments
    inner join definitions
        on
            definitions.entity_type = '{{ entity }}'
            and not definitions.is_exclusive
    where
        case definitions.dimension
            {% for audience in audiences(entity) -%}
            when '{{ audience }}' then {{ entity }}_segments.in_{{ audience }}
            {% endfor -%}
            when '' then false
        end

),

{% endfor -%}
members as (

    -- a person has to agree and not to have asked to be forgotten; an account is addressed as a firm
    select customer_members.*
    from customer_members
    inner join granted
        on
            customer_members.entity_id = granted.customer_id
            and customer_members.as_of_date >= granted.valid_from
            and (granted.valid_to is null or customer_members.as_of_date < granted.valid_to)
    union all
    select * from account_members

),

final as (

    select
        *,
        {{ md5_hex(
            "audience_key || '|' || entity_type || '|' || entity_id || '|' || coalesce(account_id, '') || '|' || coalesce("
            ~ traits | join(", '') || '|' || coalesce(") ~ ", '')"
        ) }} as row_hash
    from members

)

select * from final
