with

features as (

    select * from [[ ref('int_customer_features') ]]

),

accounts as (

    select * from [[ ref('int_account_segments') ]]

),

--% for dimension in hand_written
[[ dimension.hand_written.model ]] as (

    select * from [[ ref(dimension.hand_written.model) ]]

),

--% endfor
-- what no rule decides: other models' dimensions and the segments of the customer's account
known as (

    select
        features.*,
--% for dimension in hand_written
        coalesce([[ dimension.hand_written.model ]].[[ dimension.hand_written.column ]], '[[ dimension.hand_written.otherwise ]]') as [[ dimension.name ]],
--% endfor
--% for column in of_accounts
        coalesce(accounts.[[ column ]], 'unknown') as [[ column ]],
--% endfor
        features.has_ever_paid and not features.is_paying as has_stopped_paying
    from features
    left join accounts
        on
            features.account_key = accounts.account_key
            and features.as_of_date = accounts.as_of_date
--% for dimension in hand_written
    left join [[ dimension.hand_written.model ]]
        on
            features.customer_key = [[ dimension.hand_written.model ]].customer_key
            and features.as_of_date = [[ dimension.hand_written.model ]].as_of_date
--% endfor

),

[[ layers ]]

final as (

    select
        customer_id,
        customer_key,
        account_id,
        as_of_date,
        is_current,
        first_active_on,
        active_days_7d,
        active_days_28d,
        has_stopped_paying,
--% for column in columns
        [[ column ]],
--% endfor
        [[ set_key ]] as segment_set_key
    from [[ decided ]]

)

select * from final
