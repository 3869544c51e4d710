with

segments as (

    select * from {{ ref('int_[[ dimension.entity ]]_segments') }} where is_current

),

final as (

    select
        [[ dimension.entity ]]_id,
        [[ dimension.name ]] as segment_key,
        as_of_date
    from segments

)

select * from final
