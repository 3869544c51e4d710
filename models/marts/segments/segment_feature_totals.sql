{%- set entities = {'customer': ref('customer_features'), 'account': ref('account_features')} -%}
with

membership as (select * from {{ ref('segment_membership') }}),

{% for entity, relation in entities.items() -%}
{%- set measured = features_of(entity, 'number') + features_of(entity, 'yes_no') -%}
{%- set categories = features_of(entity, 'category') -%}
{{ entity }}_features as (

    {{ feature_rows(entity) }}
),

{{ entity }}_today as (

    select
        {% for feature in features_of(entity, 'number') -%}
        cast({{ feature }} as {{ type_decimal(19, 4) }}) as {{ feature }},
        {% endfor -%}
        {% for feature in features_of(entity, 'yes_no') -%}
        cast(case when {{ feature }} then 1 when not {{ feature }} then 0 end as {{ type_decimal(19, 4) }}) as {{ feature }},
        {% endfor -%}
        {% for feature in categories -%}
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

    select
        {% for feature in measured -%}
        count({{ entity }}_today.{{ feature }}) as {{ feature }}_n,
        sum({{ entity }}_today.{{ feature }}) as {{ feature }}_sum,
        -- 19 digits by 18: twice 18 is a short decimal that overflows on one engine, twice 19 loses a digit on another
        sum(
            {{ entity }}_today.{{ feature }} * cast({{ entity }}_today.{{ feature }} as {{ type_decimal(18, 4) }})
        ) as {{ feature }}_squares,
        {% endfor -%}
        {{ entity }}_members.dimension,
        {{ entity }}_members.segment_key,
        count(*) as members
    from {{ entity }}_members
    inner join {{ entity }}_today
        on {{ entity }}_members.entity_id = {{ entity }}_today.entity_id
    group by {{ entity }}_members.dimension, {{ entity }}_members.segment_key

),

{{ entity }}_measured as (

    select
        {{ entity }}_sums.dimension,
        {{ entity }}_sums.segment_key,
        {{ entity }}_sums.members,
        {{ entity }}_features.feature,
        {{ entity }}_features.feature_kind,
        {{ column_of(entity ~ '_features.feature', measured, 'bigint', '_n') }} as known,
        {{ column_of(entity ~ '_features.feature', measured, type_decimal(38, 4), '_sum') }} as total,
        {{ column_of(entity ~ '_features.feature', measured, type_decimal(38, 4), '_squares') }} as squares
    from {{ entity }}_sums
    inner join {{ entity }}_features
        on {{ entity }}_features.feature_kind <> 'category'

),

{{ entity }}_categories as (

    select
        {{ entity }}_today.entity_id,
        {{ entity }}_features.feature,
        {{ column_of(entity ~ '_features.feature', categories, dbt.type_string()) }} as category
    from {{ entity }}_today
    inner join {{ entity }}_features
        on {{ entity }}_features.feature_kind = 'category'

),

{% endfor -%}
final as (

    {% for entity in entities -%}
    select
        '{{ entity }}' as entity_type,
        dimension,
        segment_key,
        feature,
        feature_kind,
        cast(null as {{ dbt.type_string() }}) as category,
        members,
        known,
        total,
        squares
    from {{ entity }}_measured
    where known > 0
    union all
    select
        '{{ entity }}' as entity_type,
        {{ entity }}_members.dimension,
        {{ entity }}_members.segment_key,
        {{ entity }}_categories.feature,
        'category' as feature_kind,
        {{ entity }}_categories.category,
        max({{ entity }}_sums.members) as members,
        cast(sum(count(*)) over (
            partition by {{ entity }}_members.dimension, {{ entity }}_members.segment_key, {{ entity }}_categories.feature
        ) as bigint) as known,
        cast(count(*) as {{ type_decimal(38, 4) }}) as total,
        cast(count(*) as {{ type_decimal(38, 4) }}) as squares
    from {{ entity }}_members
    inner join {{ entity }}_categories
        on
            {{ entity }}_members.entity_id = {{ entity }}_categories.entity_id
            and {{ entity }}_categories.category is not null
    inner join {{ entity }}_sums
        on
            {{ entity }}_members.dimension = {{ entity }}_sums.dimension
            and {{ entity }}_members.segment_key = {{ entity }}_sums.segment_key
    group by
        {{ entity }}_members.dimension,
        {{ entity }}_members.segment_key,
        {{ entity }}_categories.feature,
        {{ entity }}_categories.category
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
