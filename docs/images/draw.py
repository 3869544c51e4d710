"""Draw docs/images/headline.svg from published marts: `python docs/images/draw.py HOME/published/marts.duckdb`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

MRR = """
select
    strftime(period_start, '%b %y'),
    new_mrr + expansion_mrr + reactivation_mrr,
    contraction_mrr + churned_mrr,
    closing_mrr
from kpis.kpi_mrr_movements
where period_grain = 'month' and segment_dimension = 'all' and is_complete
order by period_start desc
limit 12
"""
SEGMENTS = """
with month_ends as (
    select distinct last_day(date_day) as as_of_date
    from core.dim_dates
    where last_day(date_day) <= (select max(as_of_date) from segments.segment_membership)
    order by 1 desc
    limit 12
)

select strftime(as_of_date, '%b %y'), segment_key, count(*)
from month_ends
inner join segments.segment_membership_history
    on as_of_date >= valid_from and as_of_date < coalesce(valid_to, date '9999-12-31')
where dimension = 'engagement'
group by as_of_date, segment_key
order by as_of_date
"""
COLORS = {"new": "#8e7cc3", "active": "#2a9d8f", "at_risk": "#e9a23b", "dormant": "#b0b7c3"}
WIDTH, HEIGHT, TOP, BASE = 960, 330, 84, 276


def text(x: float, y: float, words: object, *, size: int = 12, color: str = "#475467", anchor: str = "start") -> str:
    """A line of text."""
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="{color}" text-anchor="{anchor}">{words}</text>'


def bar(x: float, y: float, width: float, height: float, color: str) -> str:
    """A bar, from its upper left corner."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{max(height, 0):.1f}" fill="{color}"/>'


def legend(x: float, y: float, entries: dict[str, str]) -> Iterator[str]:
    """Colored squares with their meaning, side by side."""
    for name, color in entries.items():
        yield bar(x, y - 9, 10, 10, color)
        yield text(x + 15, y, name, size=11)
        x += 30 + 6.4 * len(name)


def revenue(rows: list[Any], x: float) -> Iterator[str]:
    """Closing MRR by month as a line, gains and losses as bars."""
    yield text(x, 34, "MRR by month", size=16, color="#101828")
    yield from legend(x, 58, {"gained": "#2a9d8f", "lost": "#d1495b", "closing MRR": "#1d4ed8"})
    rows = rows[::-1]
    highest, lowest = max(float(r[3]) for r in rows), -max(float(r[2]) for r in rows)
    step, scale = 410 / len(rows), (BASE - TOP) / (highest - lowest)
    zero = TOP + highest * scale
    yield f'<line x1="{x}" x2="{x + 410}" y1="{zero:.1f}" y2="{zero:.1f}" stroke="#d0d5dd"/>'
    points = []
    for number, (month, gained, lost, closing) in enumerate(rows):
        left = x + number * step
        yield bar(left + 6, zero - float(gained) * scale, step - 14, float(gained) * scale, "#2a9d8f")
        yield bar(left + 6, zero, step - 14, float(lost) * scale, "#d1495b")
        points.append((left + step / 2 - 1, zero - float(closing) * scale))
        if number % 2 == 1:
            yield text(left + step / 2 - 1, BASE + 22, month, size=11, anchor="middle")
    path = " ".join(f"L{px:.1f},{py:.1f}" for px, py in points)
    yield f'<path d="M{path[1:]}" fill="none" stroke="#1d4ed8" stroke-width="2.5"/>'
    yield text(points[-1][0], points[-1][1] - 10, f"{rows[-1][3]:,.0f}", color="#1d4ed8", anchor="end")


def engagement(rows: list[Any], x: float) -> Iterator[str]:
    """Customers by engagement segment at the end of each month."""
    yield text(x, 34, "Customers by engagement segment", size=16, color="#101828")
    yield from legend(x, 58, {key.replace("_", " "): color for key, color in COLORS.items()})
    months = list(dict.fromkeys(month for month, _, _ in rows))
    counts = {(month, key): count for month, key, count in rows}
    totals = [sum(counts.get((month, key), 0) for key in COLORS) for month in months]
    step, scale = 410 / len(months), (BASE - TOP) / max(totals)
    for number, (month, total) in enumerate(zip(months, totals, strict=True)):
        left, height = x + number * step, float(BASE)
        for key, color in COLORS.items():
            size = counts.get((month, key), 0) * scale
            height -= size
            yield bar(left + 4, height, step - 8, size, color)
        if number % 2 == 1:
            yield text(left + step / 2, BASE + 22, month, size=11, anchor="middle")
        if number == len(months) - 1:
            yield text(left + step / 2, height - 8, f"{total:,}", color="#101828", anchor="middle")


def main(marts: str) -> None:
    """Draw both charts side by side."""
    with duckdb.connect(marts, read_only=True) as connection:
        money, members = connection.execute(MRR).fetchall(), connection.execute(SEGMENTS).fetchall()
    body = [*revenue(money, 36), *engagement(members, 514)]
    card = f'<rect width="{WIDTH - 1}" height="{HEIGHT - 1}" x=".5" y=".5" rx="8" fill="#fff" stroke="#d0d5dd"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif"'
    svg = [f'{head} role="img" aria-label="Monthly MRR and engagement segments of the demo company">', card, *body]
    Path(__file__).with_name("headline.svg").write_text("\n".join([*svg, "</svg>", ""]), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
