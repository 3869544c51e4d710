{#- One version per key: order first (NULL last), then the later landing, then the later row; NULL keys are equal. -#}
with versions as (
    select
        1 as case_id,
        'k' as key_column,
        5 as edition,
        2 as _load_id,
        1 as _row,
        'no' as verdict
    union all
    select
        1 as case_id,
        'k' as key_column,
        9 as edition,
        1 as _load_id,
        1 as _row,
        'wins' as verdict
    union all
    select
        1 as case_id,
        'k' as key_column,
        null as edition,
        3 as _load_id,
        1 as _row,
        'no' as verdict
    union all
    select
        2 as case_id,
        null as key_column,
        3 as edition,
        1 as _load_id,
        9 as _row,
        'no' as verdict
    union all
    select
        2 as case_id,
        null as key_column,
        3 as edition,
        2 as _load_id,
        1 as _row,
        'no' as verdict
    union all
    select
        2 as case_id,
        null as key_column,
        3 as edition,
        2 as _load_id,
        2 as _row,
        'wins' as verdict
    union all
    select
        3 as case_id,
        'k' as key_column,
        1 as edition,
        1 as _load_id,
        1 as _row,
        'wins' as verdict
),

winners as (
    {{ deduplicated('versions', key=['case_id', 'key_column'], order=['edition desc']) }}
),

expected as (
    select
        case_id,
        verdict
    from versions
    where verdict = 'wins'
),

missing as (
    select expected.*
    from expected
    left join winners
        on
            expected.case_id = winners.case_id
            and expected.verdict = winners.verdict
    where winners.case_id is null
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
