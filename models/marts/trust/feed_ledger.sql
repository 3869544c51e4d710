{#- Winners and losers are counted apart from each other and from what landing counted: the law can fail. -#}
with

ledger as (

    select * from {{ raw_source('ledger') }}

),

{% for table in ledger_tables() -%}
{{ table.source }}_{{ table.feed }} as (

    select * from {{ raw_source(table.feed, table.source) }}

),

{{ table.model }} as (

    select * from {{ ref(table.model) }}

),

{% endfor -%}
event_counts as (

    -- a preset derives its events from tables that are counted below
    select
        _load_id,
        count(*) as accepted,
        0 as duplicates
    from {{ ref('int_events') }}
    where _load_id in (select ledger.load_id from ledger where ledger.feed = 'events')
    group by _load_id
    union all
    select
        _load_id,
        0 as accepted,
        count(*) as duplicates
    from {{ ref('int_event_duplicates') }}
    where _load_id in (select ledger.load_id from ledger where ledger.feed = 'events')
    group by _load_id

),

record_counts as (

    select
        _load_id,
        accepted,
        duplicates
    from event_counts
    {% for table in ledger_tables() -%}
    union all
    select
        landed._load_id,
        count(winners._row) as accepted,
        sum(case when winners._row is null then 1 else 0 end) as duplicates
    from {{ table.source }}_{{ table.feed }} as landed
    left join {{ table.model }} as winners
        on
            landed._load_id = winners._load_id
            and landed._row = winners._row
    group by landed._load_id
    {% endfor %}
),

counts as (

    select
        _load_id,
        sum(accepted) as accepted,
        sum(duplicates) as duplicates
    from record_counts
    group by _load_id

),

final as (

    select
        ledger.load_id,
        ledger.feed,
        ledger.file_name as file,
        ledger.batch_id,
        ledger.status,
        ledger.reason,
        ledger.remedy,
        ledger.records,
        case when ledger.status = 'landed' then cast(coalesce(counts.accepted, 0) as bigint) end as accepted,
        ledger.quarantined,
        case when ledger.status = 'landed' then cast(coalesce(counts.duplicates, 0) as bigint) end as duplicates,
        coalesce(ledger.placeholder_ids, 0) as placeholder_ids,
        ledger.extra_columns,
        ledger.landed_at
    from ledger
    left join counts
        on
            ledger.load_id = counts._load_id
            and ledger.status = 'landed'

)

select * from final
