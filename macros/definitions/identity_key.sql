{% macro identity_key(kind, id) %}
    {#- A user id and an anonymous id with the same text are two identities. -#}
    {{ int64_key(kind ~ " || ':' || " ~ id) }}
{% endmacro %}
