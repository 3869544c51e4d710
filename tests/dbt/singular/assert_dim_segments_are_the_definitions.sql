{#- Each segment of a model stands once in dim_segments, each exclusive dimension has `unknown` besides: nothing else. -#}
with segments as (
    select * from {{ ref('dim_segments') }} where retired_on is null
),

defined as (
    {% for dimension in segment_dimensions() -%}
    select
        '{{ dimension.dimension }}' as dimension,
        {{ dimension.segments | length + (1 if dimension.exclusive else 0) }} as segments
    union all
    {% endfor -%}
    select
        cast(null as {{ dbt.type_string() }}) as dimension,
        0 as segments
    from (select 1 as one) as one_row
    where 1 = 0
),

counted as (
    select
        dimension,
        count(*) as segments,
        sum(case when segment_key <> 'unknown' and (rule_text = '' or owner is null) then 1 else 0 end) as incomplete
    from segments
    group by dimension
)

select
    defined.dimension,
    counted.segments,
    counted.incomplete
from defined
full outer join counted
    on defined.dimension = counted.dimension
where
    defined.segments is null
    or coalesce(counted.segments, 0) <> defined.segments
    or counted.incomplete > 0
