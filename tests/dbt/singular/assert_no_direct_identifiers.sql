{#-
    Looks for anything of the form x@y.z in every text column of the marts about people and their segments. The value
    itself stays out of the result: results are logged. A mart that is missing in the list is a failure of its own; models that
    define segments need not stand there, they hold ids and keys alone. The owner of a segment is staff.
-#}
{%- set marts = {
    'account_features': ref('account_features'),
    'customer_features': ref('customer_features'),
    'audience_changes': ref('audience_changes'),
    'audience_members': ref('audience_members'),
    'dim_accounts': ref('dim_accounts'),
    'dim_clusters': ref('dim_clusters'),
    'dim_customers': ref('dim_customers'),
    'dim_dates': ref('dim_dates'),
    'dim_features': ref('dim_features'),
    'dim_model_runs': ref('dim_model_runs'),
    'dim_segments': ref('dim_segments'),
    'fct_account_health': ref('fct_account_health'),
    'fct_account_health_components': ref('fct_account_health_components'),
    'fct_account_residual_value': ref('fct_account_residual_value'),
    'fct_campaign_touches': ref('fct_campaign_touches'),
    'fct_customer_days': ref('fct_customer_days'),
    'fct_customer_lifetime_value': ref('fct_customer_lifetime_value'),
    'fct_experiment_exposures': ref('fct_experiment_exposures'),
    'fct_model_backtests': ref('fct_model_backtests'),
    'fct_mrr_changes': ref('fct_mrr_changes'),
    'fct_orders': ref('fct_orders'),
    'fct_sessions': ref('fct_sessions'),
    'fct_survey_responses': ref('fct_survey_responses'),
    'fct_tickets': ref('fct_tickets'),
    'identity_merges': ref('identity_merges'),
    'segment_feature_totals': ref('segment_feature_totals'),
    'segment_explanations': ref('segment_explanations'),
    'segment_membership': ref('segment_membership'),
    'segment_membership_history': ref('segment_membership_history'),
    'segment_overlap': ref('segment_overlap'),
    'segment_quality_issues': ref('segment_quality_issues'),
    'segment_profiles': ref('segment_profiles'),
    'segment_scorecard': ref('segment_scorecard'),
    'segment_scorecard_parts': ref('segment_scorecard_parts'),
    'segment_steady_states': ref('segment_steady_states'),
    'segment_transition_matrix': ref('segment_transition_matrix'),
    'segment_transition_outlook': ref('segment_transition_outlook'),
    'segment_transitions': ref('segment_transitions'),
} -%}
{%- set missing = [] -%}
{%- for node in graph.nodes.values() if execute and node.resource_type == 'model' -%}
{#- the views of segments and audiences show columns of marts that are here -#}
{%- set is_view = node.name.startswith('seg_') or 'audiences' in node.fqn[1:-1] -%}
{%- if node.fqn[1:3] in [['marts', 'core'], ['marts', 'segments']] and not is_view and node.name not in marts -%}
{%- do missing.append(node.name) -%}
{%- endif -%}
{%- endfor -%}
with

-- one pass over each mart: some are views that cost as much as a build
searched as (

    {% for name, relation in marts.items() -%}
    select
        '{{ name }}' as mart,
        {% for column in adapter.get_columns_in_relation(relation)
            if (column.is_string() or column.dtype | lower == 'string') and (name, column.name) != ('dim_segments', 'owner') -%}
        case when count(case when {{ column.name }} like '%_@_%._%' then 1 end) > 0 then '{{ column.name }} ' else '' end ||
        {% endfor -%}
        '' as columns_with_identifiers
    from {{ relation }}
    union all
    {% endfor -%}
    {% for name in missing -%}
    select
        '{{ name }}' as mart,
        'mart is not searched: add it to the list' as columns_with_identifiers
    union all
    {% endfor -%}
    select
        '' as mart,
        '' as columns_with_identifiers

),

final as (

    select
        mart,
        columns_with_identifiers
    from searched
    where columns_with_identifiers <> ''

)

select * from final
