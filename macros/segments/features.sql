{% macro features_of(entity, kind) %}
    {#- Features of the catalogue of one kind, from the columns that the contract of its mart lists. dbt's unit tests have no graph: three stand in. -#}
    {%- set kinds = {'number': ['integer', 'bigint', 'double'], 'yes_no': ['boolean'], 'category': ['string']} -%}
    {%- set features = [] -%}
    {%- if execute and graph.nodes is not defined -%}
        {%- set number = 'orders' if entity == 'customer' else 'seats' -%}
        {%- do features.append({'number': number, 'yes_no': 'is_paying', 'category': 'country_code'}[kind]) -%}
    {%- elif execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == entity ~ '_features' -%}
            {%- for column in node.columns.values()
                if column.name not in ['customer_id', 'account_id', 'is_current']
                and (column.data_type in kinds[kind] or (kind == 'number' and column.data_type.startswith('decimal'))) -%}
                {%- do features.append(column.name) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(features) }}
{% endmacro %}
