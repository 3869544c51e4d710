with

inputs as (

    select * from {{ ref('int_account_health_inputs') }}

),

components as (

    select * from {{ ref('fct_account_health_components') }} where points is not null

),

weights as (

    select distinct
        score_kind,
        component,
        weight
    from {{ ref('health_bands') }}

),

totals as (

    select
        sum(case when score_kind = 'health' then weight else 0 end) as health_weight_total,
        sum(case when score_kind = 'expansion' then weight else 0 end) as expansion_weight_total
    from weights

),

scored as (

    select
        {% for kind in ['health', 'expansion'] -%}
        sum(case when score_kind = '{{ kind }}' then weight * points else 0 end) as {{ kind }}_points,
        sum(case when score_kind = '{{ kind }}' then weight else 0 end) as {{ kind }}_weight,
        {% endfor -%}
        account_id,
        as_of_date
    from components
    group by account_id, as_of_date

),

final as (

    -- an account of which nothing is known has no score
    select
        inputs.account_id,
        {% for kind in ['health', 'expansion'] -%}
        {{ safe_divide('scored.' ~ kind ~ '_points', 'scored.' ~ kind ~ '_weight') }} as {{ kind }}_score,
        {{ safe_divide('coalesce(scored.' ~ kind ~ '_weight, 0)', 'totals.' ~ kind ~ '_weight_total') }} as {{ kind }}_coverage,
        {% endfor -%}
        inputs.is_current,
        inputs.as_of_date
    from inputs
    cross join totals
    left join scored
        on
            inputs.account_id = scored.account_id
            and inputs.as_of_date = scored.as_of_date

)

select * from final
