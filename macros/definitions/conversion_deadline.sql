{% macro conversion_deadline(kind, day) %}
    {#- First day on which a payment no longer counts as a conversion in time. -#}
    case {{ kind }}
        when 'trial_to_paid' then {{ add_days(day, var('trial_conversion_days')) }}
        when 'free_to_paid' then {{ add_days(day, var('free_conversion_days')) }}
    end
{% endmacro %}
