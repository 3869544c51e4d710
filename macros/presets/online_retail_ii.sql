{% macro preset_online_retail_ii__entities() %}
    {{ return(['events', 'transactions', 'users']) }}
{% endmacro %}

{% macro preset_online_retail_ii__tables() %}
    {{ return(['order_lines']) }}
{% endmacro %}

{% macro online_retail_ii__country_code(country) %}
    {#- Names as the source writes them. What is no single country (Channel Islands, European Community, West Indies,
        Unspecified) has no code. -#}
    {%- set codes = {
        'Australia': 'AU', 'Austria': 'AT', 'Bahrain': 'BH', 'Belgium': 'BE', 'Bermuda': 'BM', 'Brazil': 'BR', 'Canada': 'CA',
        'Cyprus': 'CY', 'Czech Republic': 'CZ', 'Denmark': 'DK', 'EIRE': 'IE', 'Finland': 'FI', 'France': 'FR', 'Germany': 'DE',
        'Greece': 'GR', 'Hong Kong': 'HK', 'Iceland': 'IS', 'Israel': 'IL', 'Italy': 'IT', 'Japan': 'JP', 'Korea': 'KR',
        'Lebanon': 'LB', 'Lithuania': 'LT', 'Malta': 'MT', 'Netherlands': 'NL', 'Nigeria': 'NG', 'Norway': 'NO', 'Poland': 'PL',
        'Portugal': 'PT', 'RSA': 'ZA', 'Saudi Arabia': 'SA', 'Singapore': 'SG', 'Spain': 'ES', 'Sweden': 'SE',
        'Switzerland': 'CH', 'Thailand': 'TH', 'USA': 'US', 'United Arab Emirates': 'AE', 'United Kingdom': 'GB',
    } -%}
    case {{ country }}
        {%- for name, code in codes.items() %}
        when '{{ name }}' then '{{ code }}'
        {%- endfor %}
    end
{% endmacro %}
