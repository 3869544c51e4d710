{% macro int64_key(expression) %}
    {{ return(adapter.dispatch('int64_key')(expression)) }}
{% endmacro %}

{% macro duckdb__int64_key(expression) %}
    {#- 60 of the 128 bits: 10 million keys collide with a probability of 1 in 20,000. The shift keeps the
        value positive; md5_number is twice as fast as casting md5's hex text. -#}
    cast(md5_number({{ expression }}) >> 68 as bigint)
{% endmacro %}
