with

components as (

    select * from {{ ref('fct_account_health_components') }}

),

scored as (

    select
        account_id,
        as_of_date,
        {% for kind in ['health', 'expansion'] -%}
        sum(case when score_kind = '{{ kind }}' and points is not null then weight * points else 0 end) as {{ kind }}_points,
        sum(case when score_kind = '{{ kind }}' and points is not null then weight else 0 end) as {{ kind }}_weight,
        sum(case when score_kind = '{{ kind }}' then weight else 0 end) as {{ kind }}_weight_total,
        {% endfor -%}
        is_current
    from components
    group by account_id, as_of_date, is_current

),

final as (

    select
        account_id,
        {{ safe_divide('health_points', 'health_weight') }} as health_score,
        {{ safe_divide('health_weight', 'health_weight_total') }} as health_coverage,
        {{ safe_divide('expansion_points', 'expansion_weight') }} as expansion_score,
        {{ safe_divide('expansion_weight', 'expansion_weight_total') }} as expansion_coverage,
        is_current,
        as_of_date
    from scored

)

select * from final
