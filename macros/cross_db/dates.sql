{% macro local_date(instant) %}
    {{ return(adapter.dispatch('local_date')(instant)) }}
{% endmacro %}

{% macro duckdb__local_date(instant) %}
    {#- Instants are stored as UTC without a zone: in UTC the day is a plain cast, which costs half as much. -#}
    {%- if var('reporting_timezone') == 'UTC' -%}
        cast({{ instant }} as date)
    {%- else -%}
        cast(timezone('{{ var("reporting_timezone") }}', timezone('UTC', {{ instant }})) as date)
    {%- endif -%}
{% endmacro %}

{% macro spark__local_date(instant) %}
    {#- The session's zone is UTC (profiles.yml). -#}
    {%- if var('reporting_timezone') == 'UTC' -%}
        cast({{ instant }} as date)
    {%- else -%}
        cast(from_utc_timestamp({{ instant }}, '{{ var("reporting_timezone") }}') as date)
    {%- endif -%}
{% endmacro %}

{% macro add_days(day, days) %}
    {{ return(adapter.dispatch('add_days')(day, days)) }}
{% endmacro %}

{% macro duckdb__add_days(day, days) %}
    cast({{ day }} + cast({{ days }} as integer) as date)
{% endmacro %}

{% macro spark__add_days(day, days) %}
    date_add({{ day }}, cast({{ days }} as integer))
{% endmacro %}

{% macro days_between(first, last) %}
    {{ return(adapter.dispatch('days_between')(first, last)) }}
{% endmacro %}

{% macro duckdb__days_between(first, last) %}
    cast({{ last }} - {{ first }} as integer)
{% endmacro %}

{% macro spark__days_between(first, last) %}
    datediff({{ last }}, {{ first }})
{% endmacro %}

{% macro period_start(grain, day) %}
    {#- First day of the day's week (Monday) or month; the day itself for grain `day`. -#}
    {%- if grain == 'day' -%}
        {{ day }}
    {%- else -%}
        cast(date_trunc('{{ grain }}', {{ day }}) as date)
    {%- endif -%}
{% endmacro %}

{% macro day_spine(first, last) %}
    {{ return(adapter.dispatch('day_spine')(first, last)) }}
{% endmacro %}

{% macro duckdb__day_spine(first, last) %}
    select cast(unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as date) as date_day
{% endmacro %}

{% macro spark__day_spine(first, last) %}
    {#- Bounds that are NULL or in the wrong order give no row; sequence() would count backwards. -#}
    select explode(case when {{ first }} <= {{ last }} then sequence({{ first }}, {{ last }}, interval 1 day) end) as date_day
{% endmacro %}

{% macro milliseconds_between(first, last) %}
    {{ return(adapter.dispatch('milliseconds_between')(first, last)) }}
{% endmacro %}

{% macro duckdb__milliseconds_between(first, last) %}
    (epoch_ms({{ last }}) - epoch_ms({{ first }}))
{% endmacro %}

{% macro spark__milliseconds_between(first, last) %}
    (unix_millis({{ last }}) - unix_millis({{ first }}))
{% endmacro %}

{% macro epoch_milliseconds(instant) %}
    {{ return(adapter.dispatch('epoch_milliseconds')(instant)) }}
{% endmacro %}

{% macro duckdb__epoch_milliseconds(instant) %}
    epoch_ms({{ instant }})
{% endmacro %}

{% macro spark__epoch_milliseconds(instant) %}
    unix_millis({{ instant }})
{% endmacro %}
