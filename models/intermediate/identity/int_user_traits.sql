with

users as (

    select * from {{ staged('users') }} where {{ known_by_as_of_date('updated_at') }}

),

ranked as (

    select
        *,
        row_number() over (partition by user_id order by updated_at desc, _batch_id asc, _row asc) as version_rank,
        min(signed_up_at) over (partition by user_id) as first_signed_up_at
    from users

),

final as (

    select
        user_id,
        account_id,
        first_signed_up_at as signed_up_at,
        updated_at,
        birth_year,
        gender,
        education,
        income_band,
        occupation,
        job_role,
        country_code,
        region,
        city,
        timezone,
        language,
        coalesce(is_internal, false) as is_internal
    from ranked
    where version_rank = 1

)

select * from final
