with

quarantine as (

    select
        feed,
        reasons,
        _row
    from {{ ref('quarantine') }}

),

final as (

    -- a record with several reasons has one row, with all of them
    select
        feed,
        reasons as reason,
        count(*) as rows
    from quarantine
    group by feed, reasons

)

select * from final
