with

publishes as (

    select * from {{ raw_source('publish_ledger', 'runs') }}

),

final as (

    select
        publish_id,
        run_id,
        generation,
        published_at,
        status,
        reason,
        git_revision,
        dbt_invocation_id,
        as_of_date,
        input_batches,
        max_load_id,
        tables,
        rows,
        sha256
    from publishes

)

select * from final
