with

runs as (

    select * from {{ ref('stg_models__runs') }}

),

usable as (

    select
        *,
        row_number() over (partition by model order by trained_to desc, known_to desc, model_run_id desc) as usable_rank
    from runs
    where
        parameters is not null
        and settings = '{{ model_settings() }}'

),

final as (

    select
        model,
        model_run_id,
        variant,
        trained_to
    from usable
    where usable_rank = 1

)

select * from final
