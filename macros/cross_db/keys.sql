{% macro int64_key(expression) %}
    {{ return(adapter.dispatch('int64_key')(expression)) }}
{% endmacro %}

{% macro duckdb__int64_key(expression) %}
    {#- 60 of the 128 bits: 10 million keys collide with a probability of 1 in 20,000. The shift keeps the
        value positive; md5_number is twice as fast as casting md5's hex text. -#}
    cast(md5_number({{ expression }}) >> 68 as bigint)
{% endmacro %}

{% macro spark__int64_key(expression) %}
    {#- The same 60 bits: bytes 15 down to 9 of the md5, then the upper half of byte 8. -#}
    {%- set digits = [] -%}
    {%- for byte in range(15, 8, -1) -%}
        {%- do digits.append('substr(md5(' ~ expression ~ '), ' ~ (2 * byte + 1) ~ ', 2)') -%}
    {%- endfor -%}
    cast(conv(concat({{ digits | join(', ') }}, substr(md5({{ expression }}), 17, 1)), 16, 10) as bigint)
{% endmacro %}
