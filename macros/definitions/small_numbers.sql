{#-
    A rate of few is a rough guess: each rate by segment shows how rough. Wilson's score interval (1927) keeps within 0 and 1 and
    holds its level for small denominators and for rates near 0 or 1, where the normal approximation does not.
-#}

{% macro rate_with_interval(rate, numerator, denominator, flag='is_small_n') %}
    {{ safe_divide(numerator, denominator) }} as {{ rate }},
    {{ wilson_bound(numerator, denominator, '-') }} as {{ rate }}_ci_low,
    {{ wilson_bound(numerator, denominator, '+') }} as {{ rate }}_ci_high
    {%- if flag is not none %},
    {{ is_small_n(denominator) }} as {{ flag }}
    {%- endif %}
{% endmacro %}

{% macro difference_with_interval(difference, rate, reference) %}
    {#- Newcombe (1998, method 10): how far each rate may lie from its estimate, added at right angles. -#}
    {{ rate }} - {{ reference }} as {{ difference }},
    {{ rate }} - {{ reference }} - sqrt(
        power({{ rate }} - {{ rate }}_ci_low, 2) + power({{ reference }}_ci_high - {{ reference }}, 2)
    ) as {{ difference }}_ci_low,
    {{ rate }} - {{ reference }} + sqrt(
        power({{ rate }}_ci_high - {{ rate }}, 2) + power({{ reference }} - {{ reference }}_ci_low, 2)
    ) as {{ difference }}_ci_high
{% endmacro %}

{% macro wilson_bound(numerator, denominator, side) %}
    {#- 95 %: z is the 97.5th percentile of the normal distribution. Rounding may leave a trace beyond 0 or 1. More hits than tries,
        as when a survey has more answers than its feed says were sent, are no proportion and have no interval. -#}
    {%- set z = 1.959963984540054 -%}
    {%- set hits = 'cast(' ~ numerator ~ ' as ' ~ type_double() ~ ')' -%}
    {%- set n = 'cast(' ~ denominator ~ ' as ' ~ type_double() ~ ')' -%}
    case
        when {{ denominator }} > 0 and {{ numerator }} <= {{ denominator }}
            then {{ 'greatest(0.0, ' if side == '-' else 'least(1.0, ' -}}
                ({{ hits }} + {{ z * z / 2 }} {{ side }} {{ z }} * sqrt({{ hits }} * (1 - {{ hits }} / {{ n }}) + {{ z * z / 4 }}))
                / ({{ n }} + {{ z * z }})
            )
    end
{% endmacro %}

{% macro is_small_n(denominator) %}
    coalesce({{ denominator }}, 0) < {{ var('small_n_floor') }}
{% endmacro %}
