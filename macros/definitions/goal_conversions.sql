{#-
    Who did what an experiment or campaign is judged by. The macro names CTEs of the calling model: `goals`, `goal_events`, `customers`,
    `days` (periods of grain day) and `segments`.
-#}

{% macro goal_conversions(subjects, columns) %}
    select
        {% for column in columns -%}
        {{ subjects }}.{{ column }},
        {% endfor -%}
        goals.metric,
        {{ subjects }}.customer_id,
        coalesce(max(segments.segment_set_key), 0) as segment_set_key,
        {{ milliseconds_between(subjects ~ '.started_at', local_midnight(add_days(complete_through(), 1))) }}
        >= cast(goals.window_days as bigint) * 86400000 as is_mature,
        max(
            case
                when
                    {{ milliseconds_between(subjects ~ '.started_at', 'goal_events.occurred_at') }}
                    between 0 and cast(goals.window_days as bigint) * 86400000 - 1 then 1
                else 0
            end
        ) as has_converted
    from {{ subjects }}
    inner join goals
        on {{ subjects }}.subject_id = goals.subject_id or goals.subject_id = '*'
    inner join customers
        on {{ subjects }}.customer_id = customers.customer_id
    inner join days
        on {{ local_date(subjects ~ '.started_at') }} = days.period_start
    left join segments
        on
            customers.customer_key = segments.customer_key
            and days.segment_date = segments.as_of_date
    left join goal_events
        on
            customers.customer_key = goal_events.customer_key
            and {{ is_same('goal_events.event_name', 'goals.event_name') }}
    group by
        {% for column in columns -%}
        {{ subjects }}.{{ column }},
        {% endfor -%}
        goals.metric,
        goals.window_days,
        {{ subjects }}.customer_id,
        {{ subjects }}.started_at
{% endmacro %}
