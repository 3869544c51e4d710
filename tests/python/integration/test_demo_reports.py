"""Reports and KPIs of voice over the demo company, against its truth and against counts made by other means."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy.stats import chisquare

pytestmark = pytest.mark.integration

ALL = "segment_dimension = 'all'"


@pytest.fixture(scope="module")
def con(demo_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(str(demo_home / "published" / "marts.duckdb"), read_only=True)
    connection.execute("set timezone = 'UTC'")
    connection.execute(f"attach '{demo_home / 'warehouse' / 'segmentry.duckdb'}' as warehouse (read_only)")
    yield connection
    connection.close()


def test_experiment_has_the_conversions_that_happened(con: duckdb.DuckDBPyConnection, demo_home: Path) -> None:
    found = con.execute(
        "select variant, exposed, n, converted, lift, ci_low, ci_high, sample_ratio_p_value"
        f" from reports.report_experiments where metric = 'connected_a_tool' and {ALL} order by variant"
    ).fetchall()
    truth = con.execute(
        f"select variant, exposed, exposed_mature, converted from '{demo_home}/truth/experiment.parquet' order by 1"
    ).fetchall()
    assert [row[:4] for row in found] == truth
    drawn = json.loads((demo_home / "truth" / "truth.json").read_text(encoding="utf-8"))["parameters"]["experiment"]
    treatment = found[1]
    assert treatment[5] < drawn["p_treatment"] - drawn["p_control"] < treatment[6]
    assert treatment[7] == pytest.approx(chisquare([row[1] for row in found]).pvalue, abs=1e-6)


def test_campaigns_count_who_came_back(con: duckdb.DuckDBPyConnection) -> None:
    """Sessions counted by a range join over the published facts; all touches of the demo are more than 14 days old."""
    expected = con.execute(
        """
        select campaign_id, is_holdout, count(*), count(*) filter (exists (
            select 1 from core.fct_sessions as s where s.customer_id = t.customer_id
                and s.started_at >= t.touched_at and s.started_at < t.touched_at + interval 14 day))
        from core.fct_campaign_touches as t group by all order by all
        """
    ).fetchall()
    found = con.execute(
        f"""
        select campaign_id, unnest([false, true]), unnest([touched, holdout]),
            unnest([touched_converted, holdout_converted])
        from reports.report_campaigns where metric = 'came_back' and {ALL} order by all
        """
    ).fetchall()
    assert len(found) > 0
    assert found == expected


def test_answers_are_those_that_were_drawn(con: duckdb.DuckDBPyConnection) -> None:
    """Each person who is asked answers with a probability of 0.4."""
    low, high, sent = con.execute(
        "select response_rate_ci_low, response_rate_ci_high, sent_to from kpis.kpi_nps"
        f" where {ALL} and period_grain = 'month' order by sent_to desc nulls last limit 1"
    ).fetchall()[0]
    assert sent > 50
    assert low < 0.4 < high


def test_nps_of_the_last_month_by_hand(con: duckdb.DuckDBPyConnection) -> None:
    month, nps, n = con.execute(
        f"select period_start, nps, n from kpis.kpi_nps where {ALL} and period_grain = 'month' order by 1 desc limit 1"
    ).fetchall()[0]
    last_day = (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    latest: dict[str, float] = {}
    for customer, score, day in con.execute(
        "select customer_id, score, responded_on from core.fct_survey_responses where survey_kind = 'nps'"
        " and score is not null order by responded_at, response_id"
    ).fetchall():
        if last_day - timedelta(days=90) < day <= last_day and 0 <= score <= 10:
            latest[customer] = score
    values = np.array(list(latest.values()))
    assert n == len(values) > 10
    assert nps == pytest.approx(100 * ((values >= 9).mean() - (values <= 6).mean()))


def test_funnels_by_walking_through_every_customer(con: duckdb.DuckDBPyConnection) -> None:
    """Attempt by attempt in Python: nothing of the windows in SQL is in it."""
    funnels: dict[str, dict[str, list[str]]] = defaultdict(dict)
    windows: dict[str, timedelta] = {}
    for funnel, mode, seconds, event in con.execute(
        "select funnel, order_mode, window_seconds, event_name from warehouse.reference.funnels"
        " order by funnel, step_number"
    ).fetchall():
        funnels[mode].setdefault(funnel, []).append(event)
        windows[funnel] = timedelta(seconds=seconds)
    history: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    for customer, moment, event in con.execute(
        "select actor_key, occurred_at, event_name from warehouse.intermediate.int_events"
        " where is_active and is_identified order by actor_key, occurred_at, event_key"
    ).fetchall():
        history[customer].append((moment, event))

    reached: dict[tuple[str, str, int], int] = defaultdict(int)
    for events in history.values():
        places: dict[str, list[int]] = defaultdict(list)
        for place, (_, event) in enumerate(events):
            places[event].append(place)
        for mode, steps_of in funnels.items():
            for funnel, steps in steps_of.items():
                best: dict[str, int] = defaultdict(int)
                starts = sorted(p for s in set(steps) for p in places[s]) if mode == "any" else places[steps[0]]
                for start in starts:
                    end = events[start][0] + windows[funnel]
                    done = _done(mode, events, places, steps, start, end)
                    month = f"{events[start][0]:%Y-%m}"
                    best[month] = max(best[month], done)
                for month, done in best.items():
                    for step in range(1, done + 1):
                        reached[funnel, month, step] += 1
    found = con.execute(
        "select funnel, strftime(period_start, '%Y-%m'), step_number, reached from reports.report_funnels"
        f" where {ALL} and period_grain = 'month' and reached > 0"
    ).fetchall()
    assert set(funnels) == {"ordered", "strict", "any"}
    assert {(funnel, month, step): count for funnel, month, step, count in found} == dict(reached)


def _done(
    mode: str,
    events: list[tuple[datetime, str]],
    places: dict[str, list[int]],
    steps: list[str],
    start: int,
    end: datetime,
) -> int:
    """How many steps the attempt that starts at this place of the history does before its end."""
    if mode == "any":
        firsts = [places[step][bisect_right(places[step], start - 1) :][:1] for step in steps]
        return sum(1 for first in firsts if first and events[first[0]][0] < end)
    here, done = start, 1
    for step in steps[1:]:
        after = bisect_right(places[step], here)
        if after == len(places[step]):
            break
        there = places[step][after]
        if events[there][0] >= end or (mode == "strict" and there != here + 1):
            break
        here, done = there, done + 1
    return done


def test_share_of_devices_adds_up(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(
        "select sum(sessions) = any_value(sessions_total), sum(customers) = any_value(customers_total)"
        " from kpis.kpi_devices group by period_grain, period_start, segment_dimension, segment_key, client_kind"
    ).fetchall()
    assert rows
    assert all(left and right for left, right in rows)


def test_no_word_of_an_answer_is_kept(con: duckdb.DuckDBPyConnection, demo_home: Path) -> None:
    scores = sorted((demo_home / "models" / "sentiment" / "scores").glob("*.parquet"))
    texts = con.execute("select count(*) from warehouse.intermediate.int_free_texts").fetchall()[0][0]
    assert con.execute(
        "select count(*), count(sentiment) from warehouse.intermediate.int_text_sentiments"
    ).fetchall() == [(texts, texts)]
    assert texts > 50
    for path in scores:
        assert b"dashboards" not in path.read_bytes()
        assert b"terrible" not in path.read_bytes()


def test_tickets_sound_as_they_were_written(con: duckdb.DuckDBPyConnection, demo_home: Path) -> None:
    """The generator drew the tone first and the words from it; the lexicon hears it in the words."""
    truth = demo_home / "truth" / "tickets.parquet"
    wrong = con.execute(
        "select count(*), count(*) filter (sentiment is distinct from tone)"
        " from (from warehouse.intermediate.int_text_sentiments where text_source = 'ticket')"
        f" full join '{truth}' on record_id = ticket_id"
    ).fetchall()
    assert wrong[0][0] > 50
    assert wrong[0][1] == 0
    found = con.execute(
        "select sum(positive), sum(neutral), sum(negative) from kpis.kpi_sentiment where period_grain = 'month'"
        " and segment_dimension = 'all' and need_key = 'all' and text_source = 'ticket'"
    ).fetchall()
    counted = ", ".join(f"count(*) filter (tone = '{tone}')" for tone in ("positive", "neutral", "negative"))
    assert found == con.execute(f"select {counted} from '{truth}' join core.fct_tickets using (ticket_id)").fetchall()
