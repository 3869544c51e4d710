{#- Without a preset every entity comes from its canonical feed. -#}
{%- set is_right = var('preset') != 'feeds' or staged('plans') | string == ref('stg_feeds__plans') | string -%}
select 'staged() does not lead to the canonical feed' as failure
from (select 1 as one) as one_row
where {{ 'false' if is_right else 'true' }}
