{#- What prepare_engine has declared: the types of contracts, and doubles that round as they are shown, half away from zero. -#}
{{ config(enabled=(target.type == 'postgres')) }}
select 'a name is missing' as failure
where
    cast('a' as string) <> 'a'
    or round(cast('31.805' as double), 2) <> cast('31.81' as double)
    or round(cast('-0.5' as double), 0) <> -1
