{#-
    An amount A over a population N, in segments: A = N x sum of share x rate, ratio = A / N. The change from one period to the next
    is split at the mean of the two periods (Bennet 1920): no part is left over, and the order of the periods does not matter.
-#}

{% macro figures_as_reported(figures, replaced) %}
    {#- What each closed period was told as by segment; those that today's definition no longer has are there, with nothing. -#}
    {%- set period = ['metric', 'period_grain', 'period_start', 'segment_dimension'] -%}
    with replaced_periods as (
        select distinct {{ period | join(', ') }} from {{ replaced }}
    ),

    every_segment as (
        select *, true as is_in_force from {{ figures }}
        union all
        select
            totals.metric,
            totals.is_ratio,
            totals.period_grain,
            totals.period_start,
            gone.segment_dimension,
            gone.segment_key,
            totals.is_complete,
            0 as amount,
            0 as population,
            0 as late_amount,
            0 as late_population,
            totals.as_of_date,
            false as is_in_force
        from {{ figures }} as totals
        inner join (
            select distinct
                former.metric,
                former.segment_dimension,
                former.segment_key
            from {{ replaced }} as former
            left join {{ figures }} as present
                on
                    former.metric = present.metric
                    and former.segment_dimension = present.segment_dimension
                    and former.segment_key = present.segment_key
            where present.metric is null
        ) as gone
            on totals.metric = gone.metric
        where totals.segment_dimension = 'all'
    )

    select
        every_segment.*,
        case
            when replaced_periods.metric is null then every_segment.amount - every_segment.late_amount
            else coalesce({{ replaced }}.reported_amount, 0)
        end as reported_amount
    from every_segment
    left join replaced_periods
        on
            {% for column in period -%}
            {{ 'and ' if not loop.first }}every_segment.{{ column }} = replaced_periods.{{ column }}
            {% endfor %}
    left join {{ replaced }}
        on
            {% for column in period + ['segment_key'] -%}
            {{ 'and ' if not loop.first }}every_segment.{{ column }} = {{ replaced }}.{{ column }}
            {% endfor %}
{% endmacro %}

{% macro attributed_change(relation) %}
    {%- set dimension = 'metric, period_grain, segment_dimension' -%}
    with totals as (
        select
            *,
            cast(sum(population) over (partition by {{ dimension }}, period_start) as {{ type_double() }}) as total,
            cast(sum(population - late_population) over (partition by {{ dimension }}, period_start) as {{ type_double() }}) as total_reported
        from {{ relation }}
    ),

    shares as (
        select
            *,
            population / nullif(total, 0) as share,
            cast(amount as {{ type_double() }}) / nullif(population, 0) as rate,
            case when is_ratio then {{ rounded('cast(amount as ' ~ type_double() ~ ') / nullif(total, 0)', 6) }} else amount end as now_known,
            case
                when is_ratio
                    then {{ rounded('cast(amount - late_amount as ' ~ type_double() ~ ') / nullif(total_reported, 0)', 6) }}
                else amount - late_amount
            end as recast,
            case
                when is_ratio
                    then {{ rounded('cast(reported_amount as ' ~ type_double() ~ ') / nullif(total_reported, 0)', 6) }}
                else reported_amount
            end as reported,
            cast(amount as {{ type_double() }}) / nullif(total, 0) as per_head
        from totals
    ),

    paired as (
        select
            *,
            {% for column in ['share', 'rate', 'now_known', 'recast', 'reported', 'per_head', 'total'] -%}
            lag({{ column }}) over (partition by {{ dimension }}, segment_key order by period_start) as {{ column }}_before{{ ',' if not loop.last }}
            {% endfor %}
        from shares
    ),

    scaled as (
        select
            *,
            case when is_ratio then 1 else (total_before + total) / 2 end as heads,
            coalesce((rate_before + rate) / 2, rate, rate_before, 0) as mean_rate,
            coalesce((per_head_before + per_head) / 2, per_head, per_head_before, 0) as mean_per_head,
            -- of nobody there are no shares: what came or went is all volume
            coalesce(share - share_before, 0) as share_change
        from paired
        where
            now_known_before is not null
            and now_known is not null
            -- a segment that is no more counts where it was still told
            and (is_in_force or reported_before <> 0)
    ),

    split as (
        select
            *,
            {{ rounded('case when is_ratio then 0 else (total - total_before) * mean_per_head end', 6) }} as volume,
            {{ rounded('heads * share_change * mean_rate', 6) }} as mix
        from scaled
    )

    select
        *,
        cast(now_known - now_known_before - volume - mix as decimal(18, 6)) as behaviour,
        cast(now_known_before - recast_before as decimal(18, 6)) as restatement,
        cast(recast_before - reported_before as decimal(18, 6)) as definition
    from split
{% endmacro %}
