{% macro is_held_out(audience, entity_id, share) %}
    {#- By a hash of both, so that the same entity is held out of the same audience in every build, and independently of other audiences. -#}
    mod({{ int64_key(audience ~ " || '|' || " ~ entity_id) }}, 10000) < 10000 * {{ share }}
{% endmacro %}
