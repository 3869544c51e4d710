{% macro features_of(entity, kind) %}
    {#- Features of the catalogue of one kind: its columns but ids, dates and what is no feature. -#}
    {%- set kinds = {'number': ['integer', 'bigint', 'double'], 'yes_no': ['boolean'], 'category': ['string']} -%}
    {%- set features = [] -%}
    {%- for name, type in (feature_types(entity) if execute else {}).items()
        if name not in ['customer_id', 'account_id', 'is_current']
        and (type in kinds[kind] or (kind == 'number' and type.startswith('decimal'))) -%}
        {%- do features.append(name) -%}
    {%- endfor -%}
    {{ return(features) }}
{% endmacro %}
