with

features as (

    select * from [[ ref('int_account_features') ]]

),

--% if counts
customers as (

    select * from [[ ref('int_customer_features') ]]

),

-- what the rules over customers say of each of them
counted as (

    select
--% for column, count in counts.items()
        [[ count ]] as [[ column ]],
--% endfor
        account_key,
        as_of_date
    from customers
    group by account_key, as_of_date

),

--% endif
--% for dimension in hand_written
[[ dimension.hand_written.model ]] as (

    select * from [[ ref(dimension.hand_written.model) ]]

),

--% endfor
known as (

    select
--% for column in counts
        coalesce(counted.[[ column ]], 0) as [[ column ]],
--% endfor
--% for dimension in hand_written
        coalesce([[ dimension.hand_written.model ]].[[ dimension.hand_written.column ]], '[[ dimension.hand_written.otherwise ]]') as [[ dimension.name ]],
--% endfor
        features.*
    from features
--% if counts
    left join counted
        on
            features.account_key = counted.account_key
            and features.as_of_date = counted.as_of_date
--% endif
--% for dimension in hand_written
    left join [[ dimension.hand_written.model ]]
        on
            features.account_key = [[ dimension.hand_written.model ]].account_key
            and features.as_of_date = [[ dimension.hand_written.model ]].as_of_date
--% endfor

),

[[ layers ]]

final as (

    select
        account_id,
        account_key,
        as_of_date,
        is_current,
--% for column in columns
        [[ column ]],
--% endfor
        [[ set_key ]] as segment_set_key
    from [[ decided ]]

)

select * from final
