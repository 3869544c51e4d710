{% macro net_promoter_score(promoters, passives, detractors) %}
    {#- n, the score and its 95 % margin of error: that of a mean of n values of 100, 0 and -100. -#}
    {%- set n = '(' ~ promoters ~ ' + ' ~ passives ~ ' + ' ~ detractors ~ ')' -%}
    {%- set balance = safe_divide(promoters ~ ' - ' ~ detractors, n) -%}
    {{ n }} as n,
    {{ safe_divide('100 * (' ~ promoters ~ ' - ' ~ detractors ~ ')', n) }} as nps,
    100 * 1.959963984540054 * sqrt(greatest(
        0.0, {{ safe_divide(promoters ~ ' + ' ~ detractors, n) }} - ({{ balance }}) * ({{ balance }})
    ) / nullif({{ n }}, 0)) as margin_of_error,
    {{ is_small_n(n) }} as is_small_n
{% endmacro %}
