{#- Customers are members in dimensions of their own and in their audiences; every state has a definition, and audiences are those that are not exclusive. -#}
{%- set missing = [] -%}
{%- set definitions = segment_definitions() -%}
{%- for entity in ['customer', 'account'] -%}
{%- set defined = definitions | selectattr('entity', 'equalto', entity) | map(attribute='dimension') | sort -%}
{%- if membership_states(entity) | sort != defined -%}
{%- do missing.append(entity) -%}
{%- endif -%}
{%- for audience in audiences(entity) if "'" ~ audience ~ "'" not in membership_states(entity)[audience] -%}
{%- do missing.append(audience) -%}
{%- endfor -%}
{%- endfor -%}
with definitions as (
    {{ definition_rows() }}
),

failures as (
    select 'states and definitions differ: {{ missing | join(", ") }}' as failure
    from (select 1 as one) as one_row
    where {{ 'true' if missing else 'false' }}
    union all
    select 'a definition has no row of its own' as failure
    from definitions
    having count(distinct entity_type || dimension || definition_hash) <> {{ definitions | length }}
    union all
    select 'the state of an exclusive dimension is its column' as failure
    from (select 1 as one) as one_row
    where {{ 'false' if membership_states('customer')['engagement'] == 'engagement' else 'true' }}
)

select * from failures
