{#- What the days of facts are read from. A fact before the first day of the calendar would fall out of every period. -#}
{%- set instants = {
    'transactions': 'occurred_at', 'subscriptions': 'phase_started_at', 'users': 'signed_up_at', 'survey_responses': 'responded_at',
    'tickets': 'created_at', 'campaign_touches': 'touched_at', 'experiment_exposures': 'exposed_at', 'web_vitals': 'measured_at',
} -%}
with

events as (

    select * from {{ staged('events') }}

),

spend as (

    select * from {{ staged('marketing_spend') }}

),

first_days as (

    select min(event_date) as first_day from events
    union all
    select min(spend_date) as first_day from spend
    {% for feed, instant in instants.items() -%}
    union all
    select {{ local_date('min(' ~ instant ~ ')') }} as first_day from {{ staged(feed) }}
    {% endfor %}
),

bounds as (

    -- from the week before anything happened, so that every period has a membership before it
    select
        {{ add_days(period_start('week', 'min(first_day)'), -7) }} as first_day,
        {{ as_of_date() }} as last_day
    from first_days

),

spine as (

    {{ day_spine('(select bounds.first_day from bounds)', '(select bounds.last_day from bounds)') }}

),

final as (

    select
        date_day,
        {{ period_start('week', 'date_day') }} as week_start,
        {{ period_start('month', 'date_day') }} as month_start,
        {{ add_days('date_day', 1) }} = {{ period_start('week', add_days('date_day', 1)) }} as is_week_end,
        {{ add_days('date_day', 1) }} = {{ period_start('month', add_days('date_day', 1)) }} as is_month_end,
        date_day = {{ as_of_date() }} as is_as_of_date
    from spine

)

select * from final
