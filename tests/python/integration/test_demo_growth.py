"""Conversions, activation, adoption, acquisition and churn of the demo company, by other means than the warehouse.

People and accounts come from the generator's latent tables, events, touches and money from what landed.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pytest

pytestmark = pytest.mark.integration

LAST_DAY = date(2025, 12, 31)
REFERENCE = Path(__file__).resolve().parents[3] / "seeds" / "reference"


@pytest.fixture(scope="module")
def con(demo_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(str(demo_home / "published" / "marts.duckdb"), read_only=True)
    connection.execute("set timezone = 'UTC'")
    for name in ("people", "conversions", "identities", "person_days", "orders"):
        connection.execute(f"create temp view truth_{name} as from '{demo_home}/truth/{name}.parquet'")
    for feed in ("events", "transactions", "campaign_touches", "marketing_spend", "fx_rates"):
        connection.execute(f"create temp view landed_{feed} as from '{demo_home}/raw/{feed}/*.parquet'")
    # one delivery of each event, with the person behind it
    connection.execute("""
        create temp table event as
        select any_value(event_name) as event_name, any_value(occurred_at) as occurred_at, any_value(utm_campaign)
            as utm_campaign, any_value(coalesce(u.person_id, a.person_id)) as person_id
        from landed_events as e
        left join truth_identities as u on u.id_type = 'user_id' and u.id = e.user_id
        left join truth_identities as a on a.id_type = 'anonymous_id' and a.id = e.anonymous_id and e.user_id is null
        group by event_id
    """)
    connection.execute("create temp view person as from truth_people where not is_internal and not is_bot")
    yield connection
    connection.close()


def equal(con: duckdb.DuckDBPyConnection, mart: str, expected: str) -> None:
    assert con.execute(f"select count(*) from ({expected})").fetchall()[0][0] > 0
    missing = con.execute(f"select * from (({expected}) except all ({mart})) limit 5").fetchall()
    surplus = con.execute(f"select * from (({mart}) except all ({expected})) limit 5").fetchall()
    assert (missing, surplus) == ([], [])


def test_trials_and_free_plans_convert_as_drawn(con: duckdb.DuckDBPyConnection) -> None:
    expected = f"""
        select path || '_to_paid' as kind, date_trunc('month', started_at)::date as month, count(*) as started,
            count(*) filter (deadline <= date '{LAST_DAY}') as eligible,
            count(*) filter (deadline <= date '{LAST_DAY}' and paid_at::date < deadline) as converted,
            count(paid_at) as converted_to_date
        from (select *, started_at::date + if(path = 'trial', 30, 90) as deadline from truth_conversions)
        group by all
    """
    mart = """
        select conversion_kind, period_start, started, eligible, converted, converted_to_date
        from kpis.kpi_trial_conversion where period_grain = 'month' and segment_dimension = 'all' and started > 0
    """
    equal(con, mart, expected)
    ((converted, ended),) = con.execute(
        "select sum(converted_in_period), sum(ended_in_period) from kpis.kpi_trial_conversion"
        " where period_grain = 'month' and segment_key = 'all' and conversion_kind = 'trial_to_paid'"
    ).fetchall()
    ((paid, over),) = con.execute(f"""
        select count(paid_at), count(*) filter (coalesce(paid_at, started_at + interval 14 day) < date '{LAST_DAY}' + 1)
        from truth_conversions where path = 'trial'
    """).fetchall()
    assert (converted, ended) == (paid, over)


def test_customers_activate_as_their_events_say(con: duckdb.DuckDBPyConnection) -> None:
    with (REFERENCE / "activation_milestones.csv").open() as file:
        milestones = {
            row["event_name"]: int(row["minimum_count"])
            for row in csv.DictReader(file)
            if row["entity_type"] == "customer"
        }
    moments = defaultdict(list)
    names = tuple(milestones)
    for person, name, moment in con.execute(
        f"select person_id, event_name, occurred_at from event where event_name in {names} order by occurred_at"
    ).fetchall():
        moments[person, name].append(moment)
    signups, activated = Counter(), Counter()
    for person, signed_up_at in con.execute("select person_id, signed_up_at from person").fetchall():
        until = signed_up_at + timedelta(days=7)
        month = signed_up_at.date().replace(day=1)
        signups[month] += 1
        # the last day is still running when its newest row arrives
        if until <= datetime.combine(LAST_DAY, time.min):
            reached = [
                len([moment for moment in moments[person, name] if signed_up_at <= moment < until]) >= count
                for name, count in milestones.items()
            ]
            activated[month] += all(reached)
    found = con.execute(
        "select period_start, signups, activated from kpis.kpi_activation where period_grain = 'month'"
        " and segment_key = 'all' and entity_type = 'customer' and signups > 0"
    ).fetchall()
    assert sum(activated.values()) > 50
    assert {month: (count, hits) for month, count, hits in found} == {m: (n, activated[m]) for m, n in signups.items()}


def test_features_are_used_as_the_events_say(con: duckdb.DuckDBPyConnection) -> None:
    expected = f"""
        select feature_key, date_trunc('month', occurred_at)::date as month, count(distinct person_id) as users,
            count(*) as uses
        from event join person using (person_id)
        join read_csv('{REFERENCE}/event_catalog.csv') using (event_name) where feature_key is not null group by all
    """
    mart = """
        select feature, period_start, users, uses from kpis.kpi_feature_adoption
        where period_grain = 'month' and segment_dimension = 'all' and feature <> 'all' and users > 0
    """
    equal(con, mart, expected)


def test_dormant_people_come_back_after_a_touch_as_their_days_say(con: duckdb.DuckDBPyConnection) -> None:
    days = defaultdict(list)
    for person, day in con.execute(
        "select person_id, activity_date from truth_person_days where events > 0"
    ).fetchall():
        days[person].append(day)
    reached: dict[tuple[str, str], tuple[date, bool]] = {}
    for campaign, person, touched_on, is_holdout in con.execute("""
        select campaign_id, i.person_id, touched_at::date, is_holdout from landed_campaign_touches as t
        join truth_identities as i on i.id_type = 'user_id' and i.id = t.user_id join person using (person_id)
        order by is_holdout
    """).fetchall():
        reached.setdefault((campaign, person), (touched_on, is_holdout))
    dormant, back = Counter(), Counter()
    for (_, person), (touched_on, is_holdout) in reached.items():
        before = [day for day in days[person] if day < touched_on]
        if before and (touched_on - max(before)).days > 28:
            dormant[is_holdout] += 1
            back[is_holdout] += any(touched_on <= day < touched_on + timedelta(days=14) for day in days[person])
    ((touched, resurrected, held_out, resurrected_anyway),) = con.execute(
        "select sum(dormant_touched), sum(resurrected_touched), sum(dormant_holdout), sum(resurrected_holdout)"
        " from kpis.kpi_reengagement where period_grain = 'month' and segment_key = 'all'"
    ).fetchall()
    assert dormant[False] > 20
    assert (touched, held_out) == (dormant[False], dormant[True])
    assert (resurrected, resurrected_anyway) == (back[False], back[True])


def test_buyers_lapse_as_their_orders_say(con: duckdb.DuckDBPyConnection) -> None:
    purchases = defaultdict(set)
    for person, day in con.execute(
        "select person_id, ordered_at::date from truth_orders where gross_amount > 0"
    ).fetchall():
        purchases[person].add(day)
    new, returned, lost = Counter(), Counter(), Counter()
    for days in purchases.values():
        gaps: list[int] = []
        ordered = sorted(days)
        new[ordered[0].replace(day=1)] += 1
        moves: list[tuple[date, int]] = [(ordered[0], 1)]
        for day, following in pairwise([*ordered, date.max]):
            limit = max(90, float(np.quantile(gaps, 0.9))) if gaps else 90
            lapse = day + timedelta(days=int(np.ceil(limit)) + 1)
            if lapse <= min(following, LAST_DAY):
                moves.append((lapse, -1))
                if following < date.max:
                    moves.append((following, 1))
            if following < date.max:
                gaps.append((following - day).days)
        months = {day.replace(day=1) for day, _ in moves}
        for month in months:
            following_month = (month + timedelta(days=32)).replace(day=1)
            opening = sum(step for day, step in moves if day < month)
            closing = sum(step for day, step in moves if day < following_month)
            lost[month] += closing == 0
            returned[month] += opening == 0 and ordered[0].replace(day=1) != month
    found = con.execute(
        "select period_start, new_buyers, returned_buyers, churned_buyers from kpis.kpi_buyer_churn"
        " where period_grain = 'month' and segment_key = 'all' and exposed_buyers > 0"
    ).fetchall()
    assert sum(lost.values()) > 100
    assert sum(returned.values()) > 0
    assert {row[0]: row[1:] for row in found if any(row[1:])} == {
        month: (new[month], returned[month], lost[month])
        for month in new | returned | lost
        if new[month] or returned[month] or lost[month]
    }


def test_acquisition_costs_what_was_spent_over_who_first_paid(con: duckdb.DuckDBPyConnection) -> None:
    expected = """
        with spent as (
            select date_trunc('month', spend_date)::date as month, sum(round(amount * coalesce(rate, 1), 2)) as spend
            from landed_marketing_spend as s
            left join landed_fx_rates as r on r.rate_date = s.spend_date and r.currency = s.currency
            group by all
        ),
        charge as (
            select distinct transaction_id, coalesce(t.account_id, p.account_id) as account_id,
                t.occurred_at::date as day
            from landed_transactions as t
            left join truth_identities as i on i.id_type = 'user_id' and i.id = t.user_id
            left join truth_people as p using (person_id)
            where t.kind = 'charge' and t.amount > 0 and not coalesce(p.is_internal, false)
        ),
        first_paid as (select account_id, min(day) as day from charge group by account_id)
        select month, spend::decimal(18, 2), count(account_id) from spent
        left join first_paid on date_trunc('month', day) = month group by all
    """
    mart = """
        select period_start, spend, new_customers from kpis.kpi_acquisition
        where period_grain = 'month' and segment_dimension = 'all' and spend > 0
    """
    equal(con, mart, expected)
    by_channel = con.execute(
        "select segment_key, sum(new_customers) from kpis.kpi_acquisition where period_grain = 'month'"
        " and segment_dimension = 'acquisition_channel' group by all having sum(new_customers) > 0"
    ).fetchall()
    assert {"paid_search", "paid_social", "email", "unattributed"} == {channel for channel, _ in by_channel}


def test_effects_of_a_change_add_up_to_what_the_tables_say(con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute("""
        select metric, count(*) filter (
                behaviour_effect + mix_effect + volume_effect + restatement_effect + definition_effect
                    is distinct from value_change
            ),
            count(*) filter (mix_effect <> 0), count(*) filter (restatement_effect <> 0)
        from kpis.kpi_change_attribution group by metric
    """).fetchall()
    assert {metric for metric, *_ in found} == {"mrr", "active_customers", "arpu", "churn_rate"}
    for metric, failures, mixed, restated in found:
        assert failures == 0, metric
        assert min(mixed, restated) > 0, f"{metric}: the demo has moving mixes and late rows"
