{%- set entities = {'customer': ref('customer_features'), 'account': ref('account_features')} -%}
with

membership as (

    select * from {{ ref('segment_membership') }}

),

{% for entity, relation in entities.items() -%}
{%- set measured = features_of(entity, 'number') + features_of(entity, 'yes_no') -%}
{{ entity }}_today as (

    select
        {% for feature in features_of(entity, 'number') -%}
        cast({{ feature }} as decimal(19, 4)) as {{ feature }},
        {% endfor -%}
        {% for feature in features_of(entity, 'yes_no') -%}
        cast(case when {{ feature }} then 1 when not {{ feature }} then 0 end as decimal(19, 4)) as {{ feature }},
        {% endfor -%}
        {% for feature in features_of(entity, 'category') -%}
        {{ feature }},
        {% endfor -%}
        {{ entity }}_id as entity_id
    from {{ relation }}
    where is_current

),

{{ entity }}_members as (

    select
        dimension,
        segment_key,
        entity_id
    from membership
    where entity_type = '{{ entity }}'
    union all
    select
        'all' as dimension,
        'all' as segment_key,
        entity_id
    from {{ entity }}_today

),

{{ entity }}_sums as (

    -- every feature in one pass
    select
        {% for feature in measured -%}
        count({{ entity }}_today.{{ feature }}) as {{ feature }}_n,
        sum({{ entity }}_today.{{ feature }}) as {{ feature }}_sum,
        -- 19 digits by 18: twice 18 is a short decimal that overflows on one engine, twice 19 loses a digit on another
        sum({{ entity }}_today.{{ feature }} * cast({{ entity }}_today.{{ feature }} as decimal(18, 4))) as {{ feature }}_squares,
        {% endfor -%}
        {{ entity }}_members.dimension,
        {{ entity }}_members.segment_key,
        count(*) as members
    from {{ entity }}_members
    inner join {{ entity }}_today
        on {{ entity }}_members.entity_id = {{ entity }}_today.entity_id
    group by {{ entity }}_members.dimension, {{ entity }}_members.segment_key

),

{{ entity }}_values as (

    {% for feature in features_of(entity, 'category') -%}
    select
        entity_id,
        '{{ feature }}' as feature,
        {{ feature }} as category
    from {{ entity }}_today
    where {{ feature }} is not null
    union all
    {% endfor -%}
    select
        '' as entity_id,
        '' as feature,
        '' as category
    from {{ entity }}_today
    where 1 = 0

),

{% endfor -%}
final as (

    {% for entity in entities -%}
    {%- for kind in ['number', 'yes_no'] -%}
    {%- for feature in features_of(entity, kind) -%}
    select
        '{{ entity }}' as entity_type,
        dimension,
        segment_key,
        '{{ feature }}' as feature,
        '{{ kind }}' as feature_kind,
        cast(null as {{ dbt.type_string() }}) as category,
        members,
        {{ feature }}_n as known,
        cast({{ feature }}_sum as {{ type_decimal(38, 4) }}) as total,
        cast({{ feature }}_squares as {{ type_decimal(38, 4) }}) as squares
    from {{ entity }}_sums
    where {{ feature }}_n > 0
    union all
    {% endfor -%}
    {%- endfor -%}
    select
        '{{ entity }}' as entity_type,
        {{ entity }}_members.dimension,
        {{ entity }}_members.segment_key,
        {{ entity }}_values.feature,
        'category' as feature_kind,
        {{ entity }}_values.category,
        max({{ entity }}_sums.members) as members,
        cast(sum(count(*)) over (
            partition by {{ entity }}_members.dimension, {{ entity }}_members.segment_key, {{ entity }}_values.feature
        ) as bigint) as known,
        cast(count(*) as {{ type_decimal(38, 4) }}) as total,
        cast(count(*) as {{ type_decimal(38, 4) }}) as squares
    from {{ entity }}_members
    inner join {{ entity }}_values
        on {{ entity }}_members.entity_id = {{ entity }}_values.entity_id
    inner join {{ entity }}_sums
        on
            {{ entity }}_members.dimension = {{ entity }}_sums.dimension
            and {{ entity }}_members.segment_key = {{ entity }}_sums.segment_key
    group by
        {{ entity }}_members.dimension,
        {{ entity }}_members.segment_key,
        {{ entity }}_values.feature,
        {{ entity }}_values.category
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
