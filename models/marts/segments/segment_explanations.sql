{#- as many branches as rules: more text than Spark's metastore keeps of a view -#}
{{ config(materialized='table' if target.type == 'spark' else 'view') }}
{%- set counts = customers_columns() -%}
with

customer_features as (

    select * from {{ ref('int_customer_features') }} where is_current

),

customer_segments as (

    select * from {{ ref('int_customer_segments') }} where is_current

),

account_features as (

    select * from {{ ref('int_account_features') }} where is_current

),

account_segments as (

    select * from {{ ref('int_account_segments') }} where is_current

),

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
    left join counted
        on account_ranked.account_key = counted.account_key

),

explained as (
    {{ explained_rules('customer', 'customers') }}
    {{ explained_rules('account', 'accounts') }}
    select
        cast(null as {{ dbt.type_string() }}) as entity_type,
        cast(null as {{ dbt.type_string() }}) as entity_id,
        cast(null as {{ dbt.type_string() }}) as dimension,
        cast(null as {{ dbt.type_string() }}) as segment_key,
        0 as priority,
        cast(null as {{ dbt.type_string() }}) as rule_id,
        cast(null as {{ dbt.type_string() }}) as rule_text,
        false as is_negated,
        cast(null as {{ dbt.type_string() }}) as value_seen,
        cast(null as {{ dbt.type_string() }}) as threshold,
        cast(null as {{ dbt.type_string() }}) as result,
        cast(null as {{ type_double() }}) as distance,
        cast(null as {{ dbt.type_string() }}) as segment_result,
        false as is_steady,
        false as is_member,
        cast(null as date) as as_of_date
    from (select 1 as one) as one_row
    where 1 = 0
),

final as (

    select
        entity_type,
        entity_id,
        dimension,
        segment_key,
        cast(priority as integer) as priority,
        rule_id,
        rule_text,
        is_negated,
        value_seen,
        threshold,
        result,
        distance,
        segment_result,
        is_steady,
        is_member,
        as_of_date
    from explained

)

select * from final
