{#- says each rule in full: more text than Spark's metastore keeps of a view -#}
{{ config(materialized='table' if target.type == 'spark' else 'view') }}
{%- set counts = customers_columns() -%}
with

customer_features as (select * from {{ ref('int_customer_features') }} where is_current),

customer_segments as (select * from {{ ref('int_customer_segments') }} where is_current),

account_features as (select * from {{ ref('int_account_features') }} where is_current),

account_segments as (select * from {{ ref('int_account_segments') }} where is_current),

{% if counts -%}
counted as (

    select
        account_key,
        {% for column, count in counts.items() -%}
        {{ count }} as {{ column }},
        {% endfor -%}
        count(*) as customers
    from customer_features
    group by account_key

),

{% endif -%}
customer_ranked as (

    select
        {% for column, rank in percentile_columns(ruled_dimensions('customer')).items() -%}
        {{ rank }} as {{ column }},
        {% endfor -%}
        customer_features.*
    from customer_features

),

customers as (

    select
        {% for dimension in customer_dimensions() -%}
        customer_segments.{{ dimension }},
        {% endfor -%}
        {% for audience in audiences('customer') -%}
        customer_segments.in_{{ audience }},
        {% endfor -%}
        customer_ranked.*
    from customer_ranked
    inner join customer_segments
        on customer_ranked.customer_key = customer_segments.customer_key

),

account_ranked as (

    select
        {% for column, rank in percentile_columns(ruled_dimensions('account')).items() -%}
        {{ rank }} as {{ column }},
        {% endfor -%}
        account_features.*
    from account_features

),

accounts as (

    select
        {% for column in counts -%}
        coalesce(counted.{{ column }}, 0) as {{ column }},
        {% endfor -%}
        {% for dimension in account_dimensions() -%}
        account_segments.{{ dimension }},
        {% endfor -%}
        {% for audience in audiences('account') -%}
        account_segments.in_{{ audience }},
        {% endfor -%}
        account_ranked.*
    from account_ranked
    inner join account_segments
        on account_ranked.account_key = account_segments.account_key
    {% if counts -%}
    left join counted
        on account_ranked.account_key = counted.account_key
    {%- endif %}

),

{% for entity in ['customer', 'account'] -%}
{%- set rules = explained_rules(entity) -%}
{{ entity }}_rules as (

    {{ rule_literals(rules) }}

),

{{ entity }}_outcomes as (

    select
        {{ entity }}_rules.*,
        {{ entity }}s.{{ entity }}_id as entity_id,
        {{ entity }}s.as_of_date,
        {{ by_rule(rules, 'value_seen', dbt.type_string()) }} as value_seen,
        {{ by_rule(rules, 'distance', type_double()) }} as distance,
        {{ by_rule(rules, 'condition', 'boolean') }} as is_passed,
        {{ by_rule(rules, 'segment_condition', 'boolean') }} as is_segment_passed,
        {{ by_rule(rules, 'is_member', 'boolean') }} as is_member
    from {{ entity }}s
    cross join {{ entity }}_rules

),

{% endfor -%}
final as (

    {% for entity in ['customer', 'account'] -%}
    select
        '{{ entity }}' as entity_type,
        entity_id,
        dimension,
        segment_key,
        priority,
        rule_id,
        rule_text,
        is_negated,
        value_seen,
        threshold,
        {{ outcome('is_passed') }} as result,
        distance,
        {{ outcome('is_segment_passed') }} as segment_result,
        is_steady,
        is_member,
        as_of_date
    from {{ entity }}_outcomes
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
