with

subscriptions as (

    select * from {{ staged('subscriptions') }}

),

transactions as (

    select * from {{ staged('transactions') }}

),

users as (

    select * from {{ staged('users') }}

),

events as (

    select * from {{ staged('events') }}

),

first_days as (

    select min(event_date) as first_day from events
    union all
    select {{ local_date('min(occurred_at)') }} as first_day from transactions
    union all
    select {{ local_date('min(phase_started_at)') }} as first_day from subscriptions
    union all
    select {{ local_date('min(signed_up_at)') }} as first_day from users

),

bounds as (

    -- from the Monday before anything happened, so that every period has a membership before it
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
