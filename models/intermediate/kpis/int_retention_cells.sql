{#- Of each member the last active (NULL: never came) and last complete period count: `k or later` is a sum from k on. -#}
with

members as (

    select
        *,
        0 as members_number,
        case when last_number >= 0 then least(last_number, {{ retention_limit('period_grain') }}) end as last_active_number,
        least(complete_periods - 1, {{ retention_limit('period_grain') }}) as last_complete_number
    from {{ ref('int_retention_members') }}

),

customer_periods as (

    select * from {{ ref('int_customer_periods') }} where active_days > 0

),

purchases as (

    select
        *,
        lag(period_index) over (partition by customer_key, period_grain order by period_index) as previous_index
    from {{ ref('int_customer_revenue_periods') }}
    where is_buyer

),

rolling_days as (

    select
        *,
        lag(day_number) over (partition by customer_key order by day_number) as previous_number
    from {{ ref('int_customer_rolling_days') }}

),

brackets as (

    select * from {{ ref('retention_brackets') }}

),

{% set cohort = ['cohort_basis', 'window_kind', 'period_grain', 'cohort_start', 'segment_set_key'] -%}
returns as (

    {% for basis, activity in [("<> 'first_purchase'", 'customer_periods'), ("= 'first_purchase'", 'purchases')] -%}
    select
        {% for column in cohort -%}
        members.{{ column }},
        {% endfor -%}
        {{ activity }}.period_index - members.cohort_index as period_number,
        {{ activity }}.previous_index - members.cohort_index as previous_number,
        count(*) as customers
    from members
    inner join {{ activity }}
        on
            members.customer_key = {{ activity }}.customer_key
            and members.period_grain = {{ activity }}.period_grain
            and members.cohort_index <= {{ activity }}.period_index
            and members.cohort_index + {{ retention_limit('members.period_grain') }} >= {{ activity }}.period_index
    where
        members.window_kind = 'calendar'
        and members.cohort_basis {{ basis }}
    group by
        {{ 'members.' ~ cohort | join(', members.') }},
        {{ activity }}.period_index - members.cohort_index,
        {{ activity }}.previous_index - members.cohort_index
    union all
    {% endfor -%}
    select
        {% for column in cohort -%}
        members.{{ column }},
        {% endfor -%}
        rolling_days.day_number as period_number,
        rolling_days.previous_number,
        count(*) as customers
    from members
    inner join rolling_days
        on members.customer_key = rolling_days.customer_key
    where members.window_kind = 'rolling_24h'
    group by
        {{ 'members.' ~ cohort | join(', members.') }},
        rolling_days.day_number, rolling_days.previous_number

),

{% set measures = ['members', 'active', 'last_active', 'last_complete'] -%}
counted as (

    select
        'period' as cell_kind,
        {{ cohort | join(',\n        ') }},
        period_number,
        0 as members,
        customers as active,
        0 as last_active,
        0 as last_complete
    from returns
    union all
    -- whoever was last active before the bracket is counted with the first return in it, so once
    select
        'bracket' as cell_kind,
        {% for column in cohort -%}
        returns.{{ column }},
        {% endfor -%}
        brackets.bracket_number as period_number,
        0 as members,
        returns.customers as active,
        0 as last_active,
        0 as last_complete
    from returns
    inner join brackets
        on
            returns.period_number between brackets.bracket_from and brackets.bracket_to
            and (returns.previous_number is null or returns.previous_number < brackets.bracket_from)
    {% for measure in measures if measure != 'active' -%}
    {% set number = measure ~ '_number' -%}
    union all
    select
        'period' as cell_kind,
        {{ cohort | join(',\n        ') }},
        {{ number }} as period_number,
        {{ 'count(*)' if measure == 'members' else 0 }} as members,
        0 as active,
        {{ 'count(*)' if measure == 'last_active' else 0 }} as last_active,
        {{ 'count(*)' if measure == 'last_complete' else 0 }} as last_complete
    from members
    where {{ number }} >= 0
    group by {{ cohort | join(', ') }}, {{ number }}
    {% endfor %}
),

final as (

    select
        cell_kind,
        {{ cohort | join(',\n        ') }},
        {% for measure in measures -%}
        sum({{ measure }}) as {{ measure }},
        {% endfor -%}
        period_number
    from counted
    group by cell_kind, {{ cohort | join(', ') }}, period_number

)

select * from final
