{%- set components = [
    'active_share', 'activity_trend', 'features_per_active', 'mean_nps_score', 'mean_csat_score', 'open_tickets_per_member', 'seat_use',
    'limit_hits_per_member', 'active_growth', 'plan_headroom',
] -%}
with

inputs as (

    select * from {{ ref('int_account_health_inputs') }}

),

bands as (

    select * from {{ ref('health_bands') }}

),

measured as (

    {% for component in components -%}
    select
        account_id,
        as_of_date,
        is_current,
        '{{ component }}' as component,
        {{ component }} as component_value
    from inputs
    where {{ component }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

weights as (

    select distinct
        score_kind,
        component,
        weight
    from bands

),

final as (

    -- unknown components have no row and no weight
    select
        measured.account_id,
        weights.score_kind,
        measured.component,
        measured.component_value,
        weights.weight,
        bands.points,
        measured.is_current,
        measured.as_of_date
    from measured
    inner join weights
        on measured.component = weights.component
    left join bands
        on
            weights.score_kind = bands.score_kind
            and weights.component = bands.component
            and measured.component_value >= bands.lower_bound
            and (bands.upper_bound is null or measured.component_value < bands.upper_bound)

)

select * from final
