{% macro replaces_days() %}
    {#- Of models that replace whole days, in pairs with the hook delete_touched_days. -#}
    {{ return(adapter.dispatch('replaces_days')()) }}
{% endmacro %}

{% macro default__replaces_days() %}
    {{ return('append') }}
{% endmacro %}

{% macro spark__replaces_days() %}
    {{ return('insert_overwrite') }}
{% endmacro %}
