{#- No rows, but the declared columns with their types: text cannot be compared with a date, so a wrong type fails to bind. -#}
{%- set node = {'columns': {
    'spent_on': {'name': 'spent_on', 'data_type': 'date'},
    'amount': {'name': 'amount', 'data_type': 'decimal(18,2)'},
}} -%}
select
    spent_on,
    amount
from {{ empty_rows(node) }}
union all
select
    spent_on,
    amount
from (select spent_on + 1 as spent_on, amount from {{ empty_rows(node) }})
