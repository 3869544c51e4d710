{#- Each feature has one kind; ids and dates are no features. -#}
{%- set numbers = features_of('customer', 'number') -%}
{%- set answers = features_of('customer', 'yes_no') -%}
{%- set categories = features_of('customer', 'category') -%}
{%- set all_features = numbers + answers + categories -%}
{%- set is_right = (
    'active_days_28d' in numbers
    and 'mrr' in numbers
    and 'is_paying' in answers
    and 'size_band' in categories
    and 'customer_id' not in all_features
    and 'is_current' not in all_features
    and 'as_of_date' not in all_features
    and all_features | unique | list | length == all_features | length
    and 'seats' in features_of('account', 'number')
) -%}
with feature_kinds as (
    {{ feature_rows('customer') }}
),

failures as (
    select 'features and their kinds' as failure
    from (select 1 as one) as one_row
    where {{ 'false' if is_right else 'true' }}
    union all
    select feature_kind as failure
    from feature_kinds
    group by feature_kind
    having
        count(*) <> case feature_kind
            when 'number' then {{ numbers | length }} when 'yes_no' then {{ answers | length }} else {{ categories | length }}
        end
)

select * from failures
