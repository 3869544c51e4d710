"""All 125 combinations of scores, through the model; the grid of groups is written down here, not read from a seed."""

from __future__ import annotations

import itertools
from pathlib import Path

import duckdb
import jinja2
import pytest
from definition_cases import ROOT

from segmentry.definitions.dialects import DuckDBSql

MODEL = ROOT / "models" / "intermediate" / "segments" / "int_customer_rfm.sql"
SEED = ROOT / "seeds" / "reference" / "rfm_groups.csv"
# recency score -> group by value score 1 to 5
GRID = {
    5: ["new_customers", "potential_loyalists", "potential_loyalists", "champions", "champions"],
    4: ["promising", "potential_loyalists", "potential_loyalists", "loyal_customers", "champions"],
    3: ["about_to_sleep", "about_to_sleep", "need_attention", "loyal_customers", "loyal_customers"],
    2: ["hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose"],
    1: ["lost", "lost", "at_risk", "cannot_lose", "cannot_lose"],
}
# as vendors publish them: lowest and highest recency, lowest and highest value; they overlap
PUBLISHED = {
    "champions": (4, 5, 4, 5),
    "loyal_customers": (2, 5, 3, 5),
    "potential_loyalists": (3, 5, 1, 3),
    "new_customers": (4, 5, 0, 1),
    "need_attention": (2, 3, 2, 3),
    "at_risk": (0, 2, 2, 5),
    "hibernating": (1, 2, 1, 2),
    "lost": (0, 2, 0, 2),
}


def test_the_grid_has_eleven_groups_that_lie_where_they_are_published():
    assert len(set(itertools.chain(*GRID.values()))) == 11
    for recency, groups in GRID.items():
        for value, group in enumerate(groups, start=1):
            if group in PUBLISHED:
                low, high, lowest, highest = PUBLISHED[group]
                assert low <= recency <= high and lowest <= value <= highest, (recency, value, group)


@pytest.fixture
def scored() -> dict[tuple[int, int, int], str]:
    """Scores to group, of 125 buyers: 25 share each of five recencies, numbers of orders and sums of money."""
    sql = jinja2.Template(MODEL.read_text(encoding="utf-8")).render(
        ref=lambda name: name, days_between=DuckDBSql().days_between
    )
    with duckdb.connect() as connection:
        connection.execute(f"create table rfm_groups as from read_csv('{Path(SEED)}')")
        connection.execute(
            "create table int_customers_as_of as select row_number() over () as customer_key,"
            " date '2026-01-31' as as_of_date, date '2026-01-01' + cast(r as integer) as last_ordered_on,"
            " f as orders, 10 * m as net_spend"
            " from range(1, 6) as recency(r), range(1, 6) as frequency(f), range(1, 6) as money(m)"
        )
        query = f"select recency_score, frequency_score, monetary_score, rfm_group from ({sql})"
        rows = connection.execute(query).fetchall()
    assert len(rows) == 125
    return {tuple(row[:3]): row[3] for row in rows}


def test_every_combination_of_scores_falls_into_the_group_of_its_cell(scored):
    assert len(scored) == 125
    for recency, frequency, money in itertools.product(range(1, 6), repeat=3):
        value = -(-(frequency + money) // 2)  # the mean, rounded up
        assert scored[recency, frequency, money] == GRID[recency][value - 1]
