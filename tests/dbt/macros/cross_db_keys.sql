{#- The expected keys are the upper 60 bits of md5 read as a little-endian number, worked out with another program. -#}
with keys as (
    select
        {{ int64_key("'abc'") }} as abc,
        {{ int64_key("'ABC'") }} as abc_in_capitals,
        {{ int64_key("''") }} as empty_text,
        {{ int64_key('cast(null as ' ~ dbt.type_string() ~ ')') }} as null_text,
        {{ identity_key("'user'", "'staff'") }} as staff_user,
        {{ identity_key("'anonymous'", "'staff'") }} as staff_device,
        {{ int64_key("'user:staff'") }} as staff_text
)

select * from keys
where
    abc <> 515660037898893677
    or empty_text <> 568631743268034574
    or null_text is not null
    or abc = abc_in_capitals
    or staff_user <> 334267015995750156
    or staff_user <> staff_text
    or staff_user = staff_device
