{# the text is longer than what Spark's metastore keeps of a view #}
{{ config(materialized='table' if target.type == 'spark' else 'view') }}
with

rules as (

    select * from {{ ref('segment_rules') }}

),

customer_features as (

    select * from {{ ref('int_customer_features') }} where is_current

),

customer_segments as (

    select * from {{ ref('int_customer_segments') }} where is_current

),

account_features as (

    select * from {{ ref('int_account_features') }} where is_current

),

account_segments as (

    select * from {{ ref('int_account_segments') }} where is_current

),

--% if counts
-- what the rules over customers say of each of an account's
counted as (

    select
--% for column, count in counts.items()
        [[ count ]] as [[ column ]],
--% endfor
        account_key
    from customer_features
    group by account_key

),

--% endif
--% for entity in entities
--% if entity.ranks
[[ entity.name ]]_ranked as (

    select
--% for column, rank in entity.ranks.items()
        [[ rank ]] as [[ column ]],
--% endfor
        [[ entity.name ]]_features.*
    from [[ entity.name ]]_features

),

--% endif
--% set source = entity.name ~ ('_ranked' if entity.ranks else '_features')
-- all that the rules look at
[[ entity.name ]]s as (

    select
--% for column in entity.counts
        coalesce(counted.[[ column ]], 0) as [[ column ]],
--% endfor
--% for column in entity.columns
        [[ entity.name ]]_segments.[[ column ]],
--% endfor
        [[ source ]].*
    from [[ source ]]
    inner join [[ entity.name ]]_segments
        on [[ source ]].[[ entity.name ]]_key = [[ entity.name ]]_segments.[[ entity.name ]]_key
--% if entity.counts
    left join counted
        on [[ source ]].[[ entity.name ]]_key = counted.[[ entity.name ]]_key
--% endif

),

[[ entity.name ]]_judged as (

    select
--% for segment in entity.segments
        [[ segment.condition ]] as passes__[[ segment.name ]],
--% endfor
        [[ entity.name ]]s.*
    from [[ entity.name ]]s

),

[[ entity.name ]]_pairs as (

    select
        rules.entity_type,
        rules.rule_key,
        rules.dimension,
        rules.segment_key,
        rules.priority,
        rules.rule_id,
        rules.rule_text,
        rules.is_negated,
        rules.threshold,
        rules.is_steady,
        [[ entity.name ]]_judged.*
    from [[ entity.name ]]_judged
    inner join rules
        on rules.entity_type = '[[ entity.name ]]'

),

[[ entity.name ]]_outcomes as (

    select
        entity_type,
        [[ entity.name ]]_id as entity_id,
        dimension,
        segment_key,
        priority,
        rule_id,
        rule_text,
        is_negated,
        threshold,
        is_steady,
        as_of_date,
--% for name, type in said.items()
        case rule_key
--% for rule in entity.rules
--% if name == 'value_seen' and (loop.first or loop.previtem.name != rule.name)
            -- [[ rule.name ]]
--% endif
--% if rule[name]
            when [[ rule.key ]] then [[ rule[name] ]]
--% endif
--% endfor
            else cast(null as [[ type ]])
        end as [[ name ]][[ ',' if not loop.last ]]
--% endfor
    from [[ entity.name ]]_pairs

),

--% endfor
outcomes as (

    select * from customer_outcomes
    union all
    select * from account_outcomes

),

final as (

    select
        entity_type,
        entity_id,
        dimension,
        segment_key,
        priority,
        rule_id,
        rule_text,
        is_negated,
        value_seen,
        threshold,
        case when is_passed then 'pass' when not is_passed then 'fail' else 'unknown' end as result,
        distance,
        case when is_segment_passed then 'pass' when not is_segment_passed then 'fail' else 'unknown' end as segment_result,
        is_steady,
        is_member,
        as_of_date
    from outcomes

)

select * from final
