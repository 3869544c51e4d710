{% test no_pitfall(model, pitfall) %}
{#- Rows are the findings of one pitfall that nobody has waived. -#}
select *
from {{ model }}
where
    pitfall = '{{ pitfall }}'
    and waiver_reason is null
{% endtest %}
