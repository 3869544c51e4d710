{% macro trailing_windows() %}
    {#- In days. Columns are named after them: another length is another column. -#}
    {{ return({'wau': 7, 'mau': 28, 'features': 90}) }}
{% endmacro %}
