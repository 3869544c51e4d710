with source as (
    select * from {{ raw_source('quarantine') }}
),

final as (
    select
        feed,
        reasons,
        record,
        _batch_id,
        _file,
        _row,
        _load_id,
        _landed_at
    from source
)

select * from final
