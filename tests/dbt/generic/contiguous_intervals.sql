{% test contiguous_intervals(model, columns, may_have_gaps=false, row_condition='true') %}
{#-
    Half-open intervals [valid_from, valid_to) of one combination of columns: none is empty, none overlaps the next, only the
    last is open, and without `may_have_gaps` each begins where the one before ends and the last is open.
-#}
with

numbered as (

    select
        {{ columns | join(', ') }},
        valid_from,
        valid_to,
        lead(valid_from) over (partition by {{ columns | join(', ') }} order by valid_from, valid_to) as next_valid_from
    from {{ model }}
    where {{ row_condition }}

),

final as (

    select * from numbered
    where
        valid_from is null
        or valid_from >= valid_to
        or (next_valid_from is not null and (valid_to is null or valid_to > next_valid_from))
        {% if not may_have_gaps -%}
        or (next_valid_from is null and valid_to is not null)
        or valid_to < next_valid_from
        {% endif %}
)

select * from final
{% endtest %}
