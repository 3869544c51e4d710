{#- A week, four weeks and a quarter, as the names of the columns say. -#}
{%- set windows = trailing_windows() -%}
select '{{ windows.values() | join(" ") }}' as windows
from (select 1 as one) as one_row
where {{ 'false' if (windows.wau, windows.mau, windows.features) == (7, 28, 90) else 'true' }}
