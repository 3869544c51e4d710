{#-
    The five effects are the change, exactly; the segments of a dimension are the total (a ratio to the millionth per segment);
    and the total is what the table of the metric says, of the period and, restated, of the one before.
-#}
with

attribution as (

    select * from {{ ref('kpi_change_attribution') }}

),

mrr as (

    select * from {{ ref('kpi_mrr_movements') }}

),

arpu as (

    select * from {{ ref('kpi_arpu') }}

),

churn as (

    select * from {{ ref('kpi_churn') }}

),

dimensions as (

    select
        metric,
        period_grain,
        period_start,
        segment_dimension,
        count(*) as segments,
        sum(value_change) as value_change,
        sum(value_after) as value_after
    from attribution
    group by metric, period_grain, period_start, segment_dimension

),

final as (

    select
        metric,
        period_grain,
        period_start,
        'the effects are not the change' as failure
    from attribution
    where
        -- an effect that is missing is a remainder too
        not {{ is_same(
            'behaviour_effect + mix_effect + volume_effect + restatement_effect + definition_effect', 'value_change'
        ) }}
        or value_before + value_change <> value_after
        or value_before + restatement_effect + definition_effect <> value_before_restated
    union all
    select
        parts.metric,
        parts.period_grain,
        parts.period_start,
        'the segments are not the total' as failure
    from dimensions as parts
    inner join dimensions as total
        on
            total.segment_dimension = 'all'
            and parts.metric = total.metric
            and parts.period_grain = total.period_grain
            and parts.period_start = total.period_start
    where
        abs(parts.value_change - total.value_change) > case
            when parts.metric in ('mrr', 'active_customers') then 0 else 0.000001 * (parts.segments + 1)
        end
        or abs(parts.value_after - total.value_after) > case
            when parts.metric in ('mrr', 'active_customers') then 0 else 0.000001 * (parts.segments + 1)
        end
    union all
    select
        attribution.metric,
        attribution.period_grain,
        attribution.period_start,
        'the total is not that of the metric' as failure
    from attribution
    left join mrr
        on {{ same_segment_period('attribution', 'mrr') }}
    left join arpu
        on {{ same_segment_period('attribution', 'arpu') }}
    left join churn
        on {{ same_segment_period('attribution', 'churn') }}
    where
        attribution.segment_dimension = 'all'
        and (
            (attribution.metric = 'mrr' and attribution.value_after <> mrr.closing_mrr)
            or (attribution.metric = 'mrr' and attribution.value_before_restated <> mrr.opening_mrr)
            or (attribution.metric = 'active_customers' and attribution.value_after <> arpu.active_customers)
            or (attribution.metric = 'arpu' and abs(attribution.value_after - arpu.arpu) > 0.005001)
            or (attribution.metric = 'churn_rate' and abs(attribution.value_after - churn.churn_rate_opening) > 0.0000006)
        )

)

select * from final
