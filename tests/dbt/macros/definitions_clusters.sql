{#-
    One customer: 3 active days and 99 of MRR are ln 4 and ln 100, everything else (not known, or less than nothing) 0. Centers are 0 and
    scales 1. Centroid 4 stands at ln 4 and 4.5, where MRR is cut at 3: distance 1.5 squared. There is no centroid in the other ids.
-#}
with

customers_as_of as (

    select
        3 as active_days_28d,
        0 as sessions_28d,
        0 as active_ms_28d,
        cast(null as integer) as features_used_28d,
        -5 as net_spend,
        0 as tenure_days

),

accounts as (

    select 99 as mrr

),

customers as (

    select {{ cluster_values() }}
    from customers_as_of
    cross join accounts

),

centroids as (

    select
        {% for name in cluster_features() -%}
        {% for id in cluster_ids() -%}
        cast({{ {'active_days_28d': 'ln(4)', 'monthly_bill': '4.5'}.get(name, '0') if id == 4 else 'null' }} as {{ type_double() }}) as {{ name }}_{{ id }},
        {% endfor -%}
        cast(0 as {{ type_double() }}) as {{ name }}_center,
        cast(1 as {{ type_double() }}) as {{ name }}_scale{{ ',' if not loop.last }}
        {% endfor %}

),

found as (

    select
        {{ cluster_distance(4, 'customers', 'centroids') }} as distance_4,
        {{ cluster_distance(8, 'customers', 'centroids') }} as distance_8,
        customers.monthly_bill
    from customers
    cross join centroids

),

final as (

    select *
    from found
    where
        distance_4 is null
        or abs(distance_4 - 2.25) > 1e-12
        or distance_8 is not null
        or abs(monthly_bill - ln(100)) > 1e-12

)

select * from final
