{% macro even_share(amount, place, places) %}
    {#- Cents that do not divide go one each to the first places, so that the shares are the amount exactly. -#}
    {%- set cents = 'cast(round(100 * ' ~ amount ~ ') as bigint)' -%}
    cast(cast(
        ({{ cents }} - mod({{ cents }}, {{ places }})) / {{ places }}
        + case when {{ place }} <= abs(mod({{ cents }}, {{ places }})) then sign(mod({{ cents }}, {{ places }})) else 0 end
        as decimal(18, 2)
    ) / 100 as decimal(18, 2))
{% endmacro %}
