{#-
    What each combination of segments fans out to: a row per dimension that KPIs are broken down by and one for `all`. Set 0 are those
    who had no membership yet when the period began.
-#}
{%- set entities = {
    'customer': (ref('int_customer_segments'), kpi_dimensions(customer_dimensions())),
    'account': (ref('int_account_segments'), kpi_dimensions(account_dimensions())),
} -%}
with

{% for entity, (relation, dimensions) in entities.items() -%}
{{ entity }}_sets as (

    select distinct
        segment_set_key,
        {{ dimensions | join(', ') }}
    from {{ relation }}
    union all
    select
        0 as segment_set_key,
        'unknown' as {{ dimensions | join(", 'unknown' as ") }}

),

{% endfor -%}
final as (

    {% for entity, (relation, dimensions) in entities.items() -%}
    {% for dimension in dimensions -%}
    select
        '{{ entity }}' as entity_type,
        segment_set_key,
        '{{ dimension }}' as segment_dimension,
        {{ dimension }} as segment_key
    from {{ entity }}_sets
    union all
    {% endfor -%}
    select
        '{{ entity }}' as entity_type,
        segment_set_key,
        'all' as segment_dimension,
        'all' as segment_key
    from {{ entity }}_sets
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
