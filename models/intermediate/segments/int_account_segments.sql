{%- set counts = customers_columns() -%}
with

features as (

    select * from {{ ref('int_account_features') }}

),

customers as (

    select * from {{ ref('int_customer_features') }}

),

counted as (

    select
        account_key as counted_key,
        as_of_date as counted_on,
        {% for column, count in counts.items() -%}
        {{ count }} as {{ column }},
        {% endfor -%}
        count(*) as customers
    from customers
    group by account_key, as_of_date

),

known as (

    select
        {% for column in counts -%}
        coalesce(counted.{{ column }}, 0) as {{ column }},
        {% endfor -%}
        features.*
    from features
    left join counted -- noqa: ST11
        on
            features.account_key = counted.counted_key
            and features.as_of_date = counted.counted_on

),

{{ segmented('account', 'known', 'account_key') }},

final as (

    select
        account_id,
        account_key,
        as_of_date,
        is_current,
        {% for dimension in account_dimensions() -%}
        {{ dimension }},
        {% endfor -%}
        {% for audience in audiences('account') -%}
        in_{{ audience }},
        {% endfor -%}
        {% for column in retired_states('account') -%}
        {{ column }},
        {% endfor -%}
        {{ segment_set_key(set_dimensions('account')) }} as segment_set_key
    from segmented

)

select * from final
