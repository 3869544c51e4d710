{%- set sums = ['customers', 'actual', 'predicted', 'squared_error', 'brier_error', 'top_customers', 'top_actual'] -%}
with

cells as (

    select * from {{ ref('int_backtest_cells') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

tenths as (

    -- 0 is everyone: the baseline for the top decile
    select
        model_run_id,
        cut_date,
        predictor,
        segment_set_key,
        decile,
        customers,
        actual,
        predicted,
        squared_error,
        brier_error,
        0 as top_customers,
        0 as top_actual
    from cells
    union all
    select
        model_run_id,
        cut_date,
        predictor,
        segment_set_key,
        0 as decile,
        customers,
        actual,
        predicted,
        squared_error,
        brier_error,
        case when decile = 1 then customers else 0 end as top_customers,
        case when decile = 1 then actual else 0 end as top_actual
    from cells

),

fanned_out as (

    {{ by_segment('tenths', 'segment_sets', ['model_run_id', 'cut_date', 'predictor', 'decile'], sums) }}

),

final as (

    select
        model_run_id,
        cut_date,
        predictor,
        segment_dimension,
        segment_key,
        decile,
        cast(customers as bigint) as customers,
        cast(predicted as {{ type_double() }}) as predicted,
        cast(actual as bigint) as actual,
        {{ safe_divide('predicted', 'actual') }} as calibration_ratio,
        sqrt({{ safe_divide('squared_error', 'customers') }}) as rmse,
        {{ safe_divide('brier_error', 'customers') }} as brier,
        {{ safe_divide(safe_divide('top_actual', 'top_customers'), safe_divide('actual', 'customers')) }} as top_decile_lift,
        {{ is_small_n('customers') }} as is_small_n,
        {{ as_of_date() }} as as_of_date
    from fanned_out

)

select * from final
