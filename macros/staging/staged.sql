{% macro staged(entity) -%}
    {%- set preset = var('preset') -%}
    {%- if preset == 'feeds' -%}
        {{ return(ref('stg_feeds__' ~ entity)) }}
    {%- endif -%}
    {%- set entities = context.get('preset_' ~ preset ~ '__entities') -%}
    {%- if entities is none -%}
        {{ exceptions.raise_compiler_error(
            "var 'preset' is '" ~ preset ~ "', but there is no such preset. Fix: set it to 'feeds' or to the name of a file in"
            " macros/presets/ (a new preset defines the macro preset_" ~ preset ~ "__entities there)."
        ) }}
    {%- endif -%}
    {{ return(ref('stg_' ~ (preset if entity in entities() else 'feeds') ~ '__' ~ entity)) }}
{%- endmacro %}
