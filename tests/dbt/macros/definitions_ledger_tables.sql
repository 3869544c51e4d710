{#- Every canonical feed but events has its raw table and staging model in the ledger, once; a preset adds its own tables. -#}
{%- set feeds = [] -%}
{%- set presets = [] -%}
{%- for table in ledger_tables() -%}
{%- do (feeds if table.source == 'raw' else presets).append(table.feed) -%}
{%- endfor -%}
{%- set is_right = (
    feeds | sort == [
        'account_members', 'accounts', 'campaign_touches', 'consents', 'erasure_requests', 'experiment_exposures', 'fx_rates',
        'marketing_spend', 'plans', 'subscriptions', 'survey_responses', 'tickets', 'transactions', 'users', 'web_vitals',
    ]
    and ledger_tables()[0].model == 'stg_feeds__' ~ feeds[0]
    and (presets | length > 0) == (var('preset') != 'feeds')
) -%}
select '{{ feeds | join(" ") }} {{ presets | join(" ") }}' as tables_in_the_ledger
from (select 1 as one) as one_row
where {{ 'false' if is_right else 'true' }}
