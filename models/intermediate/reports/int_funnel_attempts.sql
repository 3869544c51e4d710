{#-
    Every start of a funnel and when each later step was reached, without joining events to events. Strict: steps that follow
    each other directly share the difference of event number and step number. Walking back from the last step, each row takes
    over what the next row of the following step has reached, so a start knows its whole chain.
-#}
{%- set steps = 6 -%}
{%- set following = 'partition by funnel, actor_key, chain_group'
    ~ ' order by occurred_at desc, instant_order desc, step_number asc' -%}
{%- set later = following ~ ' rows between unbounded preceding and 1 preceding' -%}
{%- set from_here_on = following ~ ' rows between unbounded preceding and current row' -%}
{%- set row_columns = ['funnel', 'order_mode', 'window_seconds', 'actor_key', 'chain_group', 'step_number', 'event_key',
    'instant_order', 'occurred_at'] -%}
with

events as (

    select * from {{ ref('int_events') }}
    where
        is_active
        and is_identified
        and event_date <= {{ as_of_date() }}

),

funnels as (

    select * from {{ ref('funnels') }}

),

numbered as (

    select
        actor_key,
        event_key,
        instant_order,
        event_name,
        occurred_at,
        event_date,
        row_number() over (partition by actor_key order by occurred_at, instant_order) as event_number
    from events

),

step_events as (

    select
        funnels.funnel,
        funnels.order_mode,
        funnels.window_seconds,
        numbered.actor_key,
        case when funnels.order_mode = 'strict' then numbered.event_number - funnels.step_number else 0 end as chain_group,
        funnels.step_number,
        numbered.event_key,
        numbered.instant_order,
        numbered.occurred_at,
        numbered.event_date
    from numbered
    inner join funnels
        on numbered.event_name = funnels.event_name

),

chain_{{ steps }} as (

    select * from step_events where order_mode in ('ordered', 'strict')

),

{% for step in range(steps - 1, 0, -1) -%}
chain_{{ step }} as (

    select
        {% for column in row_columns -%}
        {{ column }},
        {% endfor -%}
        {% for ahead in range(step + 1, steps + 1) -%}
        {% set at = 'occurred_at' if ahead == step + 1 else 'step_' ~ ahead ~ '_at' -%}
        case
            when step_number = {{ step }} then min(case when step_number = {{ step + 1 }} then {{ at }} end) over ({{ later }})
            {% if ahead > step + 1 -%}
            else {{ at }}
            {% endif -%}
        end as step_{{ ahead }}_at,
        {% endfor -%}
        event_date
    from chain_{{ step + 1 }}

),

{% endfor -%}
attempts as (

    select
        {% for column in row_columns -%}
        {{ column }},
        {% endfor -%}
        occurred_at as step_1_at,
        {% for step in range(2, steps + 1) -%}
        step_{{ step }}_at,
        {% endfor -%}
        event_date
    from chain_1
    where step_number = 1
    union all
    -- any order: each step event starts an attempt, and the steps are those seen from then on
    select
        {% for column in row_columns -%}
        {{ column }},
        {% endfor -%}
        {% for step in range(1, steps + 1) -%}
        min(case when step_number = {{ step }} then occurred_at end) over ({{ from_here_on }}) as step_{{ step }}_at,
        {% endfor -%}
        event_date
    from step_events
    where order_mode = 'any'

),

final as (

    select
        funnel,
        order_mode,
        window_seconds,
        actor_key as customer_key,
        event_key,
        instant_order,
        {% for step in range(1, steps + 1) -%}
        case
            when {{ milliseconds_between('occurred_at', 'step_' ~ step ~ '_at') }} < window_seconds * 1000 then step_{{ step }}_at
        end as step_{{ step }}_at,
        {% endfor -%}
        occurred_at as started_at,
        event_date as started_on
    from attempts

)

select * from final
