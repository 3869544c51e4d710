{% macro local_date(instant) %}
    {#- Instants are stored as UTC without a zone: in UTC the day is a plain cast, which costs half as much. -#}
    {%- if var('reporting_timezone') == 'UTC' -%}
        cast({{ instant }} as date)
    {%- else -%}
        cast({{ moved_to_zone(instant, 'UTC', var('reporting_timezone')) }} as date)
    {%- endif -%}
{% endmacro %}

{% macro local_midnight(day) %}
    {#- The inverse of local_date. -#}
    {%- if var('reporting_timezone') == 'UTC' -%}
        cast({{ day }} as timestamp)
    {%- else -%}
        {{ moved_to_zone('cast(' ~ day ~ ' as timestamp)', var('reporting_timezone'), 'UTC') }}
    {%- endif -%}
{% endmacro %}

{% macro moved_to_zone(clock_time, zone, other_zone) %}
    {{ return(adapter.dispatch('moved_to_zone')(clock_time, zone, other_zone)) }}
{% endmacro %}

{% macro default__moved_to_zone(clock_time, zone, other_zone) %}
    timezone('{{ other_zone }}', timezone('{{ zone }}', {{ clock_time }}))
{% endmacro %}

{% macro spark__moved_to_zone(clock_time, zone, other_zone) %}
    {#- The session's zone is UTC (profiles.yml). -#}
    {%- if zone == 'UTC' -%}
        from_utc_timestamp({{ clock_time }}, '{{ other_zone }}')
    {%- else -%}
        to_utc_timestamp({{ clock_time }}, '{{ zone }}')
    {%- endif -%}
{% endmacro %}

{% macro snowflake__moved_to_zone(clock_time, zone, other_zone) %}
    convert_timezone('{{ zone }}', '{{ other_zone }}', {{ clock_time }})
{% endmacro %}

{% macro redshift__moved_to_zone(clock_time, zone, other_zone) %}
    convert_timezone('{{ zone }}', '{{ other_zone }}', {{ clock_time }})
{% endmacro %}

{% macro bigquery__moved_to_zone(clock_time, zone, other_zone) %}
    timestamp(datetime(timestamp(datetime({{ clock_time }}, 'UTC'), '{{ zone }}'), '{{ other_zone }}'), 'UTC')
{% endmacro %}

{% macro add_days(day, days) %}
    {{ return(adapter.dispatch('add_days')(day, days)) }}
{% endmacro %}

{% macro default__add_days(day, days) %}
    cast({{ day }} + cast({{ days }} as integer) as date)
{% endmacro %}

{% macro spark__add_days(day, days) %}
    date_add({{ day }}, cast({{ days }} as integer))
{% endmacro %}

{% macro snowflake__add_days(day, days) %}
    cast(dateadd(day, cast({{ days }} as integer), {{ day }}) as date)
{% endmacro %}

{% macro redshift__add_days(day, days) %}
    {{- snowflake__add_days(day, days) -}}
{% endmacro %}

{% macro bigquery__add_days(day, days) %}
    date_add({{ day }}, interval cast({{ days }} as int64) day)
{% endmacro %}

{% macro days_between(first, last) %}
    {{ return(adapter.dispatch('days_between')(first, last)) }}
{% endmacro %}

{% macro default__days_between(first, last) %}
    cast({{ last }} - {{ first }} as integer)
{% endmacro %}

{% macro spark__days_between(first, last) %}
    datediff({{ last }}, {{ first }})
{% endmacro %}

{% macro snowflake__days_between(first, last) %}
    datediff(day, {{ first }}, {{ last }})
{% endmacro %}

{% macro redshift__days_between(first, last) %}
    {{- snowflake__days_between(first, last) -}}
{% endmacro %}

{% macro bigquery__days_between(first, last) %}
    date_diff({{ last }}, {{ first }}, day)
{% endmacro %}

{% macro period_start(grain, day, week_starts_on=none) %}
    {#- First day of the day's week or month; the day itself for grain `day`. Engines begin a week on Monday: the day moves back by
        as many days as the week begins later, and its Monday forward again. -#}
    {%- set days_after_monday = (var('week_starts_on') if week_starts_on is none else week_starts_on) | int - 1 -%}
    {%- if grain == 'day' -%}
        {{ day }}
    {%- elif grain == 'week' and days_after_monday > 0 -%}
        {{ add_days(adapter.dispatch('truncated_day')('week', add_days(day, -days_after_monday) | trim) | trim, days_after_monday) }}
    {%- else -%}
        {{ adapter.dispatch('truncated_day')(grain, day) }}
    {%- endif -%}
{% endmacro %}

{% macro default__truncated_day(grain, day) -%}
    cast(date_trunc('{{ grain }}', {{ day }}) as date)
{%- endmacro %}

{% macro bigquery__truncated_day(grain, day) -%}
    date_trunc({{ day }}, {{ 'isoweek' if grain == 'week' else grain }})
{%- endmacro %}

{% macro day_spine(first, last) %}
    {#- No row when a bound is NULL or the bounds are in the wrong order. -#}
    {{ return(adapter.dispatch('day_spine')(first, last)) }}
{% endmacro %}

{% macro duckdb__day_spine(first, last) %}
    select cast(unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as date) as date_day
{% endmacro %}

{% macro spark__day_spine(first, last) %}
    {#- sequence() would count backwards. -#}
    select explode(case when {{ first }} <= {{ last }} then sequence({{ first }}, {{ last }}, interval 1 day) end) as date_day
{% endmacro %}

{% macro postgres__day_spine(first, last) %}
    select cast(
        generate_series(cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval '1 day') as date
    ) as date_day
{% endmacro %}

{% macro bigquery__day_spine(first, last) %}
    select date_day from unnest(generate_date_array({{ first }}, {{ last }})) as date_day
{% endmacro %}

{% macro snowflake__day_spine(first, last) %}
    {#- No series with bounds from a query: the first 10,000 days (27 years) by counting. -#}
    with digits as (
        {% for digit in range(10) -%}
        select {{ digit }} as digit{{ ' union all ' if not loop.last }}
        {%- endfor %}
    ),

    counted as (
        select
            {{ add_days(first, '1000 * thousands.digit + 100 * hundreds.digit + 10 * tens.digit + ones.digit') }} as date_day,
            {{ last }} as last_day
        from digits as thousands
        cross join digits as hundreds
        cross join digits as tens
        cross join digits as ones
    )

    select date_day from counted
    where date_day <= last_day
{% endmacro %}

{% macro redshift__day_spine(first, last) %}
    {{- snowflake__day_spine(first, last) -}}
{% endmacro %}

{% macro add_minutes(instant, minutes) %}
    {{ return(adapter.dispatch('add_minutes')(instant, minutes)) }}
{% endmacro %}

{% macro default__add_minutes(instant, minutes) %}
    {{ instant }} + {{ minutes }} * interval '1' minute
{% endmacro %}

{% macro snowflake__add_minutes(instant, minutes) %}
    dateadd(minute, {{ minutes }}, {{ instant }})
{% endmacro %}

{% macro redshift__add_minutes(instant, minutes) %}
    {{- snowflake__add_minutes(instant, minutes) -}}
{% endmacro %}

{% macro bigquery__add_minutes(instant, minutes) %}
    timestamp_add({{ instant }}, interval {{ minutes }} minute)
{% endmacro %}

{% macro milliseconds_between(first, last) %}
    ({{ epoch_milliseconds(last) | trim }} - {{ epoch_milliseconds(first) | trim }})
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

{% macro bigquery__epoch_milliseconds(instant) %}
    unix_millis({{ instant }})
{% endmacro %}

{% macro postgres__epoch_milliseconds(instant) %}
    cast(floor(extract(epoch from {{ instant }}) * 1000) as bigint)
{% endmacro %}

{% macro redshift__epoch_milliseconds(instant) %}
    datediff(ms, timestamp '1970-01-01', {{ instant }})
{% endmacro %}

{% macro snowflake__epoch_milliseconds(instant) %}
    date_part(epoch_millisecond, {{ instant }})
{% endmacro %}
