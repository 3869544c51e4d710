{% macro deduplicated(relation, key, order=[]) -%}
    with ranked as (
        select
            *,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by
                    {%- for term in order %}
                    {{ term }} nulls last,
                    {%- endfor %}
                    _batch_id,
                    _row
            ) as version_rank
        from {{ relation }}
    )

    select * from ranked
    where version_rank = 1
{%- endmacro %}
