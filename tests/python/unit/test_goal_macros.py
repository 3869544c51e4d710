"""Conversions of experiments and campaigns over literal rows."""

from __future__ import annotations

from types import SimpleNamespace

from test_macros import macros, rows_of

CONTEXT = {"dbt": SimpleNamespace(type_string=lambda: "varchar")}
ROWS = """
with goals as (
    select * from (values ('*', 'came_back', null, 1), ('x', 'bought', 'buy', 2), ('y', 'bought', 'buy', 9))
        as t (subject_id, metric, event_name, window_days)
),
goal_events as (
    select 1 as customer_key, event_name, occurred_at
    from (values ('buy', timestamp '2024-01-03 09:59:59.999'), (null, timestamp '2024-01-02 10:00:00')) as t
        (event_name, occurred_at)
),
customers as (select 1 as customer_key, 'u1' as customer_id),
days as (select date '2024-01-01' as period_start, date '2023-12-31' as segment_date),
segments as (select 1 as customer_key, date '2023-12-31' as as_of_date, 5 as segment_set_key),
exposed as (
    select 'x' as subject_id, 'control' as variant, 'u1' as customer_id, timestamp '2024-01-01 10:00:00' as started_at
),
"""


def test_conversions_within_half_open_windows():
    """The session begins exactly a day later: too late. The purchase is a millisecond before the end of two days."""
    known = macros(CONTEXT, as_of_date="2024-01-02")
    sql = f"{ROWS} final as ({known.goal_conversions('exposed', ['variant'])})"
    found = rows_of(f"{sql} select variant, metric, customer_id, segment_set_key, is_mature, has_converted from final")
    assert found == [("control", "bought", "u1", 5, False, 1), ("control", "came_back", "u1", 5, True, 0)]
