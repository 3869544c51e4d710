{#- What may be chance: the p-value of a chi-square statistic. -#}

{% macro chi_square_p_value(statistic, degrees) %}
    {#- Exact for 1 and 2 degrees of freedom; above that Wilson and Hilferty's normal approximation (1931). -#}
    {%- set spread = '(2e0 / (9 * (' ~ degrees ~ ')))' -%}
    case
        when ({{ degrees }}) = 1 then {{ erfc('sqrt(' ~ statistic ~ ' / 2)') }}
        when ({{ degrees }}) = 2 then exp(-({{ statistic }}) / 2)
        when ({{ degrees }}) > 2
            then 0.5 * {{ erfc(
                '((power(' ~ statistic ~ ' / (' ~ degrees ~ '), 1e0 / 3) - (1 - ' ~ spread ~ ')) / sqrt(2 * ' ~ spread ~ '))'
            ) }}
    end
{% endmacro %}

{% macro erfc(x) %}
    {#- Complementary error function, which neither engine has: a Chebyshev fit, relative error below 1.2e-7 everywhere. -#}
    {%- set terms = [
        -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277,
    ] -%}
    {%- set t = '(1 / (1 + 0.5 * abs(' ~ x ~ ')))' -%}
    {%- set series = namespace(sql=terms[-1] | string) -%}
    {%- for term in terms[:-1] | reverse -%}
        {%- set series.sql = term ~ ' + ' ~ t ~ ' * (' ~ series.sql ~ ')' -%}
    {%- endfor -%}
    {%- set tail = t ~ ' * exp(-(' ~ x ~ ') * (' ~ x ~ ') + ' ~ series.sql ~ ')' -%}
    (case when {{ x }} >= 0 then {{ tail }} else 2 - {{ tail }} end)
{% endmacro %}
