{#-
    Each fixture of each segment, judged by the compiled rule: in is a pass, out a fail or unknown, and what `because` names says
    the same.
-#}
-- depends_on: {{ ref('dim_segments') }}
with

judged as (

    select
        cast(null as {{ dbt.type_string() }}) as fixture,
        cast(null as {{ dbt.type_string() }}) as expected,
        cast(null as {{ dbt.type_string() }}) as result,
        cast(null as {{ dbt.type_string() }}) as result_of_because
    from (select 1 as one) as one_row
    where 1 = 0
    {%- for dimension in segment_dimensions() if not dimension.hand_written -%}
    {%- for segment in dimension.segments %}
    {% for fixture in segment.get('fixtures') or [] -%}
    union all
    {{- fixture_judged(dimension, segment, fixture) }}
    {% else -%}
    union all
    select
        {{ text_literal(dimension.model ~ ', ' ~ segment.key ~ ': no fixtures') }} as fixture,
        'some' as expected,
        'none' as result,
        cast(null as {{ dbt.type_string() }}) as result_of_because
    {% endfor %}
    {%- endfor -%}
    {%- endfor %}

),

final as (

    select * from judged
    where
        not case
            when expected = 'out' then result in ('out', 'unknown') and coalesce(result_of_because, 'out') in ('out', 'unknown')
            else result = expected and coalesce(result_of_because, expected) = expected
        end

)

select * from final
