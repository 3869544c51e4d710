{% macro lock_engine() %}
    {{ return(adapter.dispatch('lock_engine')()) }}
{% endmacro %}

{% macro default__lock_engine() %}
{% endmacro %}

{% macro duckdb__lock_engine() %}
    {#-
        Before the first model: UTC for every cursor, files of the home and the seeds only, no ATTACH or COPY elsewhere,
        no extensions, and no way to undo it from a model. Settings of the profile come too often and too late for that.
    -#}
    {%- if not execute or run_query("select current_setting('lock_configuration')").columns[0].values()[0] -%}
        {{ return('') }}
    {%- endif -%}
    {%- set folders = [env_var('SEGMENTRY_HOME', 'data'), flags.PROJECT_DIR ~ '/seeds', 'seeds'] -%}
    set global TimeZone = 'UTC';
    set allowed_directories = ['{{ folders | map('replace', "'", "''") | join("', '") }}'];
    set enable_external_access = false;
    set lock_configuration = true
{% endmacro %}
