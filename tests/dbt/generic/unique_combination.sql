{% test unique_combination(model, columns) %}
{#- Rows are the keys that occur more than once; columns that are both NULL count as equal. -#}
select
    {{ columns | join(', ') }},
    count(*) as occurrences
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
