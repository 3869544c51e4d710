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
                    {%- if var('known_at') %}
                    {#- A replay prefers what had landed by then: a later correction was not known yet. #}
                    case when _landed_at <= cast('{{ var("known_at") }}' as timestamp) then 0 else 1 end,
                    {%- endif %}
                    _load_id desc,
                    _row desc
            ) as version_rank
        from {{ relation }}
    )

    select * from ranked
    where version_rank = 1
{%- endmacro %}
