{#- No rows, but the declared columns and types: adding a day to anything but a date fails to bind. -#}
{%- set node = {'columns': {
    'spent_on': {'name': 'spent_on', 'data_type': 'date'},
    'amount': {'name': 'amount', 'data_type': 'decimal(18,2)'},
}} -%}
select
    {{ add_days('spent_on', 1) }} as next_day,
    amount * 2 as doubled
from {{ empty_rows(node) }}
