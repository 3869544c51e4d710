with

history as (select * from {{ ref('segment_membership_history') }}),

definitions as (

    select * from {{ ref('dimension_definitions') }} where retired_on is null

),

periods as (

    select * from {{ ref('int_periods') }}
    where
        period_grain = 'month'
        and is_complete

),

customers as (select * from {{ ref('int_customers') }}),

accounts_as_of as (select * from {{ ref('int_accounts_as_of') }}),

ends as (

    -- each entity's segment at the start and end of the month, and its time in the first one
    select
        history.entity_type,
        history.dimension,
        history.entity_id,
        periods.period_grain,
        periods.period_start,
        periods.segment_date,
        coalesce(
            max(case when history.valid_from <= periods.segment_date then history.segment_key end), 'not_yet_known'
        ) as from_segment_key,
        max(case when coalesce(history.valid_to > periods.last_day, true) then history.segment_key end) as to_segment_key,
        max(
            case
                when history.valid_from <= periods.segment_date and not history.is_left_censored
                    then {{ days_between('history.valid_from', 'history.valid_to') }}
            end
        ) as days_in_from
    from history
    inner join definitions
        on
            history.dimension = definitions.dimension
            and history.definition_hash = definitions.definition_hash
            and history.definition_version = definitions.definition_version
            and definitions.is_exclusive
    inner join periods
        on
            history.valid_from <= periods.last_day
            and coalesce(history.valid_to > periods.segment_date, true)
    group by
        history.entity_type,
        history.dimension,
        history.entity_id,
        periods.period_grain,
        periods.period_start,
        periods.segment_date

),

moves as (

    select
        ends.*,
        coalesce(customers.account_id, ends.entity_id) as account_id,
        case when ends.from_segment_key <> ends.to_segment_key then ends.days_in_from end as days_moved_after,
        -- an account with several movers counts its MRR once
        row_number() over (
            partition by
                ends.dimension, ends.period_start, ends.from_segment_key, ends.to_segment_key,
                coalesce(customers.account_id, ends.entity_id)
            order by ends.entity_id
        ) as place_in_account
    from ends
    left join customers
        on
            ends.entity_id = customers.customer_id
            and ends.entity_type = 'customer'

),

counted as (

    select
        moves.entity_type,
        moves.dimension,
        moves.period_grain,
        moves.period_start,
        moves.from_segment_key,
        moves.to_segment_key,
        count(*) as entities,
        sum(count(*)) over (
            partition by moves.entity_type, moves.dimension, moves.period_start, moves.from_segment_key
        ) as from_entities,
        count(case when moves.place_in_account = 1 then 1 end) as accounts,
        sum(accounts_as_of.mrr) as mrr,
        count(moves.days_moved_after) as stays_timed,
        sum(moves.days_moved_after) as days_timed,
        {{ percentile('moves.days_moved_after', 0.5) }} as median_days_in_from
    from moves
    left join accounts_as_of
        on
            moves.account_id = accounts_as_of.account_id
            and moves.segment_date = accounts_as_of.as_of_date
            and moves.place_in_account = 1
    group by
        moves.entity_type,
        moves.dimension,
        moves.period_grain,
        moves.period_start,
        moves.from_segment_key,
        moves.to_segment_key

),

final as (

    select
        entity_type,
        dimension,
        period_grain,
        period_start,
        from_segment_key,
        to_segment_key,
        entities,
        cast(from_entities as bigint) as from_entities,
        {{ rate_with_interval('share', 'entities', 'from_entities') }},
        accounts,
        cast(coalesce(mrr, 0) as decimal(18, 2)) as mrr,
        stays_timed,
        {{ safe_divide('days_timed', 'stays_timed') }} as mean_days_in_from,
        median_days_in_from,
        {{ as_of_date() }} as as_of_date
    from counted

)

select * from final
