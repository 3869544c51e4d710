{% test segments_sum_to_total(model, columns, keys=['period_grain', 'period_start']) %}
{#- Over every dimension the segments add up to the total. Rows are the keys at which a dimension and `all` differ. -#}
with dimensions as (
    select
        {{ keys | join(', ') }},
        segment_dimension,
        {% for column in columns -%}
        sum({{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ model }}
    group by {{ keys | join(', ') }}, segment_dimension
)

select {{ keys | join(', ') }}
from dimensions
group by {{ keys | join(', ') }}
having
    count(case when segment_dimension = 'all' then 1 end) <> 1
    {% for column in columns -%}
    or min({{ column }}) <> max({{ column }})
    or count({{ column }}) not in (0, count(*))
    {% endfor %}
{% endtest %}
