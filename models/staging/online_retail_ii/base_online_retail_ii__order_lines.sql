{{ config(enabled=var('preset') == 'online_retail_ii') }}
with

source as (

    select * from {{ raw_source('order_lines', source='online_retail_ii', known_at='invoice_date') }}

),

numbered as (

    -- equal lines within a sheet are lines of their own; the same line in another sheet or file is a repeat
    select
        *,
        row_number() over (
            partition by _batch_id, sheet, invoice, stock_code, quantity, invoice_date, price
            order by _row
        ) as occurrence
    from source

),

winners as (

    {{ deduplicated(
        'numbered', ['invoice', 'stock_code', 'quantity', 'invoice_date', 'price', 'occurrence'], ['sheet']
    ) }}

),

final as (

    select
        sheet,
        invoice,
        stock_code,
        description,
        quantity,
        invoice_date,
        price,
        customer_id,
        country,
        occurrence,
        invoice like 'C%' as is_cancellation,
        abs(quantity) as pieces,
        {{ money('abs(quantity) * price') }} as amount,
        _batch_id,
        _row,
        _load_id
    from winners

)

select * from final
