{#- Without a preset every entity comes from its canonical feed. -#}
select 'staged() does not lead to the canonical feed' as failure
where {{ 'false' if var('preset') != 'feeds' or staged('plans') | string == ref('stg_feeds__plans') | string else 'true' }}
