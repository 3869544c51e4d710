{#- One version per key: order first (NULL last), then batch, then row; NULL keys are equal. -#}
with versions as (
    select 1 as case_id, 'k' as key_column, 5 as version, 'b' as _batch_id, 1 as _row, 'no' as verdict
    union all
    select 1, 'k', 9, 'a', 1, 'wins'
    union all
    select 1, 'k', null, 'a', 0, 'no'
    union all
    select 2, null, 3, 'b', 1, 'no'
    union all
    select 2, null, 3, 'a', 2, 'no'
    union all
    select 2, null, 3, 'a', 1, 'wins'
    union all
    select 3, 'k', 1, 'a', 1, 'wins'
),

winners as (
    {{ deduplicated('versions', key=['case_id', 'key_column'], order=['version desc']) }}
),

expected as (
    select
        case_id,
        verdict
    from versions
    where verdict = 'wins'
),

missing as (
    select * from expected
    except
    select
        case_id,
        verdict
    from winners
),

wrong as (
    select
        case_id,
        verdict
    from winners
    where verdict <> 'wins'
),

final as (
    select * from missing
    union all
    select * from wrong
)

select * from final
