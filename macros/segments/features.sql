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

{% macro feature_rows(entity) %}
    {%- for kind in ['number', 'yes_no', 'category'] -%}
    {%- for feature in features_of(entity, kind) %}
    select
        '{{ feature }}' as feature,
        '{{ kind }}' as feature_kind
    union all
    {%- endfor -%}
    {%- endfor %}
    select
        '' as feature,
        '' as feature_kind
    from (select 1 as one) as one_row
    where 1 = 0
{% endmacro %}
