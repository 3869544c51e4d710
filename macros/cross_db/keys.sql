{% macro int64_key(expression) %}
    {#- 60 of the 128 bits of the md5, positive: 10 million keys collide with a probability of 1 in 20,000. -#}
    {{ return(adapter.dispatch('int64_key')(expression)) }}
{% endmacro %}

{% macro duckdb__int64_key(expression) %}
    {#- md5_number is twice as fast as casting md5's hex text. It reads the lowest byte first. -#}
    cast(md5_number({{ expression }}) >> 68 as bigint)
{% endmacro %}

{% macro spark__int64_key(expression) %}
    cast(conv({{ key_digits(expression) }}, 16, 10) as bigint)
{% endmacro %}

{% macro postgres__int64_key(expression) %}
    cast(cast('x0' || {{ key_digits(expression) }} as bit(64)) as bigint)
{% endmacro %}

{% macro redshift__int64_key(expression) %}
    strtol({{ key_digits(expression) }}, 16)
{% endmacro %}

{% macro snowflake__int64_key(expression) %}
    cast(to_number({{ key_digits(expression) }}, '{{ 'X' * 15 }}') as bigint)
{% endmacro %}

{% macro bigquery__int64_key(expression) %}
    cast('0x' || {{ key_digits(expression) }} as int64)
{% endmacro %}

{% macro key_digits(expression) %}
    {#- Those 60 bits as hex text: bytes 15 down to 9 of the md5, then the upper half of byte 8. -#}
    {%- for byte in range(15, 8, -1) -%}
        substr({{ md5_hex(expression) | trim }}, {{ 2 * byte + 1 }}, 2) || {# -#}
    {%- endfor -%}
    substr({{ md5_hex(expression) | trim }}, 17, 1)
{%- endmacro %}

{% macro md5_hex(expression) %}
    {{ return(adapter.dispatch('md5_hex')(expression)) }}
{% endmacro %}

{% macro default__md5_hex(expression) %}
    md5({{ expression }})
{% endmacro %}

{% macro bigquery__md5_hex(expression) %}
    to_hex(md5({{ expression }}))
{% endmacro %}
