"""Macros of single KPIs with literal values."""

from __future__ import annotations

from ast import literal_eval
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from test_macros import ROOT, macros, rows_of, value


def test_conversion_deadline():
    m = macros(trial_conversion_days=30, free_conversion_days=90)
    assert value(m.conversion_deadline("'trial_to_paid'", "date '2026-01-01'")) == date(2026, 1, 31)
    assert value(m.conversion_deadline("'free_to_paid'", "date '2026-01-01'")) == date(2026, 4, 1)


def test_every_kpi_names_contracted_feeds():
    needs = literal_eval(macros().kpi_needs())
    feeds = {path.stem for path in (ROOT / "contracts").glob("*.yml")}
    tables = {path.stem for path in (ROOT / "models" / "marts" / "kpis").glob("kpi_*.sql")}
    assert set(needs) == tables - {"kpi_availability"}
    assert all(names and {one for name in names for one in name.split(" or ")} <= feeds for names in needs.values())


def test_calendar_months_between():
    m = macros()
    cases = [("2026-01-31", "2026-02-01", 1), ("2025-12-01", "2026-03-31", 3), ("2026-02-01", "2026-02-28", 0)]
    for first, last, months in cases:
        assert value(m.calendar_months_between(f"date '{first}'", f"date '{last}'")) == months


@pytest.mark.parametrize(
    ("number", "digits", "expected"), [("2.0 / 3", 6, "0.666667"), ("31.805e0", 2, "31.81"), ("-0.5e0", 0, "-1")]
)
def test_rounded(number, digits, expected):
    assert value(macros().rounded(number, digits)) == Decimal(expected)


def attributed(rows, *, is_ratio):
    """Effects by segment and period of rows (period, segment, amount, population, late amount, late population)."""
    values = ", ".join(
        f"('m', {is_ratio}, 'month', date '2026-0{period}-01', 'size', '{segment}', {amount}::decimal(18, 2),"
        f" {population}, {late_amount}::decimal(18, 2), {late_population})"
        for period, segment, amount, population, late_amount, late_population in rows
    )
    relation = (
        "(select *, true as is_in_force, amount - late_amount as reported_amount"
        f" from (values {values}) as v(metric, is_ratio, period_grain, period_start, segment_dimension,"
        " segment_key, amount, population, late_amount, late_population)) as figures"
    )
    query = macros().attributed_change(relation)
    columns = "segment_key, volume, mix, behaviour, restatement, reported_before, now_known"
    return {segment: effects for segment, *effects in rows_of(f"select {columns} from ({query})")}


def test_the_change_of_an_amount_is_split_without_a_remainder():
    """Against the same split in fractions: half of what each order of changing one thing at a time would give."""
    before = {
        "a": (Fraction("120.50"), 10),
        "b": (Fraction("90.10"), 3),
        "c": (Fraction(0), 2),
        "gone": (Fraction(7), 1),
    }
    after = {
        "a": (Fraction("80.20"), 7),
        "b": (Fraction("310.40"), 9),
        "c": (Fraction("12.30"), 2),
        "gone": (Fraction(0), 0),
    }
    rows = [
        (period, segment, f"{float(amount):.2f}", population, "2.50" if (period, segment) == (1, "a") else "0", 0)
        for period, cells in ((1, before), (2, after))
        for segment, (amount, population) in cells.items()
    ]
    found = attributed(rows, is_ratio=False)
    heads = [sum(population for _, population in cells.values()) for cells in (before, after)]
    for segment, (volume, mix, behaviour, restatement, reported_before, now_known) in found.items():
        (amount0, population0), (amount1, population1) = before[segment], after[segment]
        share0, share1 = Fraction(population0, heads[0]), Fraction(population1, heads[1])
        rate0 = amount0 / population0
        rate1 = amount1 / population1 if population1 else rate0
        volume_first = (heads[1] - heads[0]) * share0 * rate0
        volume_last = (heads[1] - heads[0]) * share1 * rate1
        mean_heads = Fraction(sum(heads), 2)
        assert float(volume) == pytest.approx(float((volume_first + volume_last) / 2), abs=1e-6)
        assert float(mix) == pytest.approx(float(mean_heads * (share1 - share0) * (rate0 + rate1) / 2), abs=1e-6)
        assert float(behaviour) == pytest.approx(float(mean_heads * (rate1 - rate0) * (share0 + share1) / 2), abs=1e-6)
        assert restatement == (Decimal("2.5") if segment == "a" else 0)
        assert volume + mix + behaviour + restatement == now_known - reported_before, "exact, in DECIMAL"


def test_the_first_customers_are_all_volume_and_so_are_the_last():
    rows = [
        (period, segment, amount, population, "0", 0)
        for period, cells in ((1, "00"), (2, "73"), (3, "00"), (4, "00"))
        for segment, population, amount in (("a", int(cells[0]), f"{cells[0]}0"), ("b", int(cells[1]), f"{cells[1]}0"))
    ]
    for periods, moves in (((1, 2), (70, 30)), ((2, 3), (-70, -30)), ((3, 4), (0, 0))):
        found = attributed([row for row in rows if row[0] in periods], is_ratio=False)
        assert [tuple(found[segment][:3]) for segment in "ab"] == [(move, 0, 0) for move in moves]


def test_a_ratio_moves_by_mix_alone():
    """Simpson: no segment's rate moves, the mix does, and so the total."""
    rows = [
        (1, "low", "10", 100, "0", 0),
        (1, "high", "50", 100, "0", 0),
        (2, "low", "30", 300, "0", 0),
        (2, "high", "50", 100, "0", 0),
    ]
    found = attributed(rows, is_ratio=True)
    assert [effects[2] for effects in found.values()] == [0, 0], "behaviour"
    assert sum(effects[1] for effects in found.values()) == Decimal("-0.1"), "from 60/200 to 80/400"
    assert all(effects[0] == 0 for effects in found.values()), "volume"


def test_late_rows_of_a_ratio_change_both_parts():
    rows = [(1, "a", "100", 10, "10", 2), (2, "a", "100", 10, "0", 0)]
    ((volume, mix, behaviour, restatement, reported_before, _),) = attributed(rows, is_ratio=True).values()
    assert (volume, mix, behaviour) == (0, 0, 0)
    assert (reported_before, restatement) == (Decimal("11.25"), Decimal("-1.25")), "90/8 was told, 100/10 is known"


FIGURES = """
    select 'm' as metric, true as is_ratio, 'month' as period_grain, ('2026-0' || month || '-01')::date as period_start,
        segment_dimension, segment_key, true as is_complete, amount::decimal(18, 2) as amount, population,
        late_amount::decimal(18, 2) as late_amount, 0 as late_population, date '2026-04-01' as as_of_date
    from (values
        (1, 'all', 'all', 50, 10, 5), (2, 'all', 'all', 80, 10, 0), (3, 'all', 'all', 80, 10, 0),
        (1, 'size', 'a', 50, 10, 5), (2, 'size', 'a', 80, 10, 0), (3, 'size', 'a', 80, 10, 0)
    ) as v(month, segment_dimension, segment_key, amount, population, late_amount)"""


def redefined(columns):
    """Of the 45 told of January, 30 were told of `a` and 15 of a segment `b` that is no more."""
    told = (
        "select 'm' as metric, 'month' as period_grain, date '2026-01-01' as period_start, 'size' as segment_dimension,"
        " segment_key, amount::decimal(18, 2) as reported_amount"
        " from (values ('a', 30), ('b', 15)) as v(segment_key, amount)"
    )
    m = macros()
    return rows_of(
        f"with figures as ({FIGURES}), replaced as ({told}),"
        f" reported as ({m.figures_as_reported('figures', 'replaced')}),"
        f" final as ({m.attributed_change('reported')}) select {columns} order by all"
    )


def test_figures_are_told_as_their_period_was_told():
    columns = "month(period_start), segment_key, is_in_force, reported_amount from reported"
    assert redefined(columns) == [
        (1, "a", True, 30),
        (1, "all", True, 45),
        (1, "b", False, 15),
        (2, "a", True, 80),
        (2, "all", True, 80),
        (2, "b", False, 0),
        (3, "a", True, 80),
        (3, "all", True, 80),
        (3, "b", False, 0),
    ]


def test_redefined_segments_move_what_was_told_and_not_the_total():
    """Per head of 10: `a` was told as 3, is 4.5 under the rule of today, 5 with what came late, 8 in February."""
    columns = (
        "month(period_start), segment_key, reported_before, definition, restatement, behaviour + mix + volume,"
        " now_known from final"
    )
    zero = Decimal(0)
    assert redefined(columns) == [
        (2, "a", 3, Decimal("1.5"), Decimal("0.5"), 3, 8),
        (2, "all", Decimal("4.5"), zero, Decimal("0.5"), 3, 8),
        (2, "b", Decimal("1.5"), Decimal("-1.5"), zero, zero, zero),
        (3, "a", 8, zero, zero, zero, 8),
        (3, "all", 8, zero, zero, zero, 8),
    ]


def test_a_metric_without_population_has_no_change():
    assert attributed([(1, "a", "0", 0, "0", 0), (2, "a", "5", 2, "0", 0)], is_ratio=True) == {}
