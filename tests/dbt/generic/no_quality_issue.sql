{% test no_quality_issue(model, issue) %}
{#- Rows are the findings of one issue that nobody has waived. -#}
select *
from {{ model }}
where
    issue = '{{ issue }}'
    and waiver_reason is null
{% endtest %}
