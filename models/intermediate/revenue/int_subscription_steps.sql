{#- Rows of a line that start together are one step; the next step replaces it, and says why it ended. -#}
{%- set line = 'over (partition by subscription_id, line_key order by phase_started_at)' -%}
{%- set later = line[:-1] ~ ' rows between 1 following and unbounded following)' -%}
with

updates as (

    select * from {{ ref('int_subscription_updates') }}

),

steps as (

    select
        subscription_id,
        line_key,
        phase_started_at,
        case when count(received_on) = count(*) then min(received_on) end as known_on,
        max(
            case when replaced_on is null and phase_status in ('trialing', 'active', 'past_due') then 1 else 0 end
        ) = 1 as is_live,
        max(case when replaced_on is null then cancel_reason end) as cancel_reason,
        max(
            case when replaced_on is null and is_involuntary then 1 when replaced_on is null and not is_involuntary then 0 end
        ) = 1
            as is_involuntary
    from updates
    group by subscription_id, line_key, phase_started_at

),

final as (

    select
        subscription_id,
        line_key,
        phase_started_at,
        row_number() {{ line }} = 1 as is_first,
        lead(phase_started_at) {{ line }} as next_started_at,
        {{ local_date('lead(phase_started_at) ' ~ line) }} as next_started_on,
        lead(known_on) {{ line }} as next_known_on,
        min(case when is_live then phase_started_at end) {{ later }} as next_live_started_at,
        {{ local_date('min(case when is_live then phase_started_at end) ' ~ later) }} as next_live_started_on,
        case when not lead(is_live) {{ line }} then lead(cancel_reason) {{ line }} end as next_cancel_reason,
        case when not lead(is_live) {{ line }} then lead(is_involuntary) {{ line }} end as is_next_involuntary
    from steps

)

select * from final
