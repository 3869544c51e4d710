{#- A set key tells combinations apart, also when texts swap places; every dimension has one definition, of the models that define segments. -#}
{%- set owners = {'customer': [], 'account': []} -%}
{%- set hashes = [] -%}
{%- for definition in segment_definitions() if definition.exclusive -%}
{%- do owners[definition.entity].append(definition.dimension) -%}
{%- do hashes.append(definition.hash) -%}
{%- endfor -%}
{%- set is_right = (
    (owners.customer + owners.account) | sort == customer_dimensions()
    and owners.account == account_dimensions()
    and hashes | unique | list | length == hashes | length
    and 'engagement' in owners.customer
    and 'firmographic' in owners.account
) or not execute -%}
with combinations as (
    select
        'a' as engagement,
        'b' as rfm
    union all
    select
        'b' as engagement,
        'a' as rfm
    union all
    select
        'a' as engagement,
        'a' as rfm
),

failures as (
    select 'two combinations have one key' as failure
    from combinations
    having count(distinct {{ segment_set_key(['engagement', 'rfm']) }}) <> 3
    union all
    -- the key of a text that is written out here
    select 'the key is that of its dimensions and segments, in order' as failure
    from combinations
    where
        engagement = 'a'
        and rfm = 'b'
        and {{ segment_set_key(['engagement', 'rfm']) }} <> {{ int64_key("'|engagement=a|rfm=b'") }}
    union all
    select 'each dimension has one definition' as failure
    from (select 1 as one) as one_row
    where {{ 'false' if is_right else 'true' }}
)

select * from failures
