"""The demo company's truth: recomputed from the files in plain Python, or in other SQL than the generator's."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import demo_company
import duckdb
import pytest
from demo_company import facts, read_text_feed, small_company


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with demo_company.connect() as connection:
        yield connection


# ---- identity and activity


def test_identities_are_those_of_the_rule_applied_to_the_feeds(con: duckdb.DuckDBPyConnection) -> None:
    by_mail: dict[str, str] = {}
    person: dict[str, str] = {}
    rows = [row for row in read_text_feed("users") if row["user_id"] and not row["user_id"].startswith("bad_")]
    for row in sorted(rows, key=lambda row: row["user_id"]):
        mail = row["email"].strip().lower() or row["user_id"]
        person[row["user_id"]] = by_mail.setdefault(mail, row["user_id"])
    first_user: dict[str, str | None] = {}
    events = con.execute("select anonymous_id, user_id from event where anonymous_id is not null order by occurred_at")
    for anonymous_id, user_id in events.fetchall():
        if first_user.get(anonymous_id) is None:
            first_user[anonymous_id] = user_id
    expected = {("user_id", user_id, owner) for user_id, owner in person.items()}
    expected |= {("anonymous_id", anon, user and person[user]) for anon, user in first_user.items()}
    assert set(con.execute("select id_type, id, person_id from identities").fetchall()) == expected
    assert len(set(person.values())) < len(person), "some people have two user ids"
    shared = "select anonymous_id from event where user_id is not null group by 1 having count(distinct user_id) > 1"
    assert con.execute(f"select count(*) from ({shared})").fetchone()[0] > 0


def test_person_days_and_active_months_are_those_of_the_feed(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("""
        create or replace temp table seen as
        select
            coalesce(u.person_id, a.person_id) as person_id,
            cast(occurred_at at time zone 'UTC' as date) as activity_date,
            count(*) filter (where event_name <> 'background_sync') as events,
            count(*) filter (where event_name = 'background_sync') as background_events
        from event
        left join identities as u on u.id_type = 'user_id' and u.id = event.user_id
        left join identities as a on a.id_type = 'anonymous_id' and a.id = event.anonymous_id
        where coalesce(u.person_id, a.person_id) is not null
        group by all
    """)
    truth = "select person_id, activity_date, events, background_events from person_days"
    for left, right in (("from seen", truth), (truth, "from seen")):
        assert con.execute(f"select count(*) from ({left} except all {right})").fetchone() == (0,)
    active: dict[date, set[str]] = defaultdict(set)
    internal = {row[0] for row in con.execute("select person_id from people where is_internal").fetchall()}
    for person_id, day, events, _ in con.execute("from seen").fetchall():
        if events and person_id not in internal:
            active[day.replace(day=1)].add(person_id)
    assert dict(con.execute("from active_by_month").fetchall()) == {month: len(ids) for month, ids in active.items()}
    assert internal


def test_events_by_month_count_distinct_events(con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute("select date_trunc('month', occurred_at)::date, event_name, count(*) from event group by all")
    assert set(found.fetchall()) == set(con.execute("from events_by_month").fetchall())
    assert con.execute("select count(*) from event").fetchone() == (facts()["facts"]["distinct_events"],)


def test_archetypes_differ_in_activity(con: duckdb.DuckDBPyConnection) -> None:
    days = dict(
        con.execute("""
            select archetype, count(activity_date) / count(distinct people.person_id)
            from people left join person_days using (person_id) where not people.is_internal group by 1
        """).fetchall()
    )
    assert days["power"] > 2 * days["regular"] > 4 * days["casual"] > 4 * days["dormant"]


# ---- recurring revenue


def month_ends() -> list[date]:
    return [date(y + m // 12, m % 12 + 1, 1) - timedelta(days=1) for y, m in ((2024, k) for k in range(7, 25))]


def phase_mrr(phase: dict, rate: Decimal) -> Decimal:
    """METRICS.md: to a month by interval, converted at the rate of the phase's first day, half up to the cent."""
    factor = {
        "day": Fraction(36525, 1200),
        "week": Fraction(36525, 8400),
        "month": Fraction(1),
        "year": Fraction(1, 12),
    }[phase["billing_interval"]] / int(phase["interval_count"])
    exact = Fraction(phase["unit_amount"]) * int(phase["quantity"]) * factor * Fraction(str(rate))
    cents = Decimal(exact.numerator * 100) / Decimal(exact.denominator)
    return cents.quantize(Decimal(1), rounding=ROUND_HALF_UP) / 100


def feed_phases() -> dict[str, list[dict]]:
    """Account -> phases of the feed, the last received version of each."""
    latest: dict[tuple[str, str], dict] = {}
    for row in sorted(read_text_feed("subscriptions"), key=lambda row: row["received_at"]):
        if not row["subscription_id"].startswith("bad_"):
            latest[row["subscription_id"], row["phase_started_at"]] = row
    by_account: dict[str, list[dict]] = defaultdict(list)
    for row in latest.values():
        by_account[row["account_id"]].append(row)
    return by_account


def test_month_end_mrr_equals_a_day_by_day_recomputation_from_the_feed(con: duckdb.DuckDBPyConnection) -> None:
    rates = {(row["rate_date"], row["currency"]): Decimal(row["rate"]) for row in read_text_feed("fx_rates")}
    truth: dict[tuple[str, date], Decimal] = {
        (account, day): mrr for account, day, mrr in con.execute("from mrr_month_end").fetchall()
    }
    phases = feed_phases()
    paying = sorted({account for account, _ in truth})
    assert len(paying) >= 20
    for account in paying[:20]:
        for day in month_ends():
            expected = Decimal(0)
            for phase in phases[account]:
                if phase["plan_id"] == "free" or phase["status"] not in ("active", "past_due"):
                    continue
                started = datetime.fromisoformat(phase["phase_started_at"]).date()
                ended = phase["phase_ended_at"] and datetime.fromisoformat(phase["phase_ended_at"]).date()
                if started <= day and (not ended or ended > day):
                    expected += phase_mrr(phase, rates[started.isoformat(), phase["currency"]])
            assert truth.get((account, day), Decimal(0)) == expected, (account, day)


def test_mrr_rolls_forward_and_equals_the_accounts(con: duckdb.DuckDBPyConnection) -> None:
    movements = "new_mrr, expansion_mrr, contraction_mrr, churned_mrr, reactivation_mrr, fx_mrr"
    previous = Decimal(0)
    rows = con.execute(
        f"select month, opening_mrr, {movements}, closing_mrr from mrr_movements order by month"
    ).fetchall()
    assert len(rows) == 18
    for month, opening, new, expansion, contraction, churned, reactivation, fx, closing in rows:
        assert opening == previous
        assert opening + new + expansion - contraction - churned + reactivation + fx == closing
        stock = con.execute("select sum(mrr) from mrr_month_end where date_trunc('month', month_end) = ?", [month])
        assert (stock.fetchone()[0] or Decimal(0)) == closing
        previous = closing
    kinds = Counter(row[0] for row in con.execute("select movement_type from mrr_changes").fetchall())
    assert kinds["new"] > 10
    assert kinds["churn"] > 3
    assert kinds["fx"] > 0


def test_churn_events_are_falls_to_zero_and_involuntary_ones_failed_to_pay(con: duckdb.DuckDBPyConnection) -> None:
    falls = con.execute("select account_id, change_date, mrr_before from mrr_changes where mrr_after = 0").fetchall()
    churn = con.execute("select account_id, churned_on, mrr_lost, is_involuntary from churn_events").fetchall()
    assert {row[:3] for row in churn} == set(falls)
    phases = feed_phases()
    for account, day, _, is_involuntary in churn:
        reasons = {
            phase["cancel_reason"]
            for phase in phases[account]
            if phase["phase_ended_at"].startswith(day.isoformat()) and phase["status"] in ("active", "past_due")
        }
        assert ("payment_failed" in reasons) == is_involuntary


def test_conversions_are_the_first_trial_or_free_phase_and_the_first_paid_one(con: duckdb.DuckDBPyConnection) -> None:
    staff = {account for (account,) in con.execute("select account_id from people where is_internal").fetchall()}
    found = {}
    for account, phases in feed_phases().items():
        ordered = sorted(phases, key=lambda phase: datetime.fromisoformat(phase["phase_started_at"]))
        first = ordered[0]
        is_free = first["status"] == "active" and Decimal(first["unit_amount"]) == 0
        if account not in staff and (first["status"] == "trialing" or is_free):
            paid = [
                phase["phase_started_at"]
                for phase in ordered
                if phase["status"] in ("active", "past_due") and Decimal(phase["unit_amount"]) > 0
            ]
            found[account] = (
                "free" if is_free else "trial",
                first["phase_started_at"][:10],
                paid[0][:10] if paid else None,
            )
    truth = {
        account: (path, started_at.date().isoformat(), paid_at and paid_at.date().isoformat())
        for account, path, started_at, paid_at in con.execute("from conversions").fetchall()
    }
    assert {account: found.get(account) for account in truth if account not in staff} == {
        account: row for account, row in truth.items() if account not in staff
    }
    assert set(found) <= set(truth)
    assert {path for path, _, _ in truth.values()} == {"trial", "free"}


# ---- orders


def test_every_true_order_is_in_the_feed_with_its_money(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("""
        create or replace temp table line as
        select distinct on (transaction_id) *, identities.person_id
        from transaction_line join identities on id_type = 'user_id' and id = user_id
        where category = 'one_off' and not starts_with(transaction_id, 'bad_')
        order by transaction_id, received_at
    """)
    found = con.execute("""
        select
            person_id, order_id, min(occurred_at) filter (where kind = 'charge') at time zone 'UTC',
            sum(amount) filter (where kind = 'charge'),
            coalesce(sum(amount) filter (where kind <> 'charge'), 0), min(currency)
        from line
        group by person_id, order_id, case when order_id is null then cast(occurred_at as date) end
    """).fetchall()
    truth = "select person_id, order_id, ordered_at, gross_amount, refunded_amount, currency from orders"
    assert Counter(found) == Counter(con.execute(truth).fetchall())
    counts = "select count(*), count(order_id), count(*) filter (where refunded_amount > 0) from orders"
    orders, with_id, refunded = con.execute(counts).fetchone()
    assert orders > with_id > 0 < refunded
    wrong = "gross_amount - refunded_amount <> net_amount or is_cancelled <> (net_amount = 0)"
    assert con.execute(f"select count(*) from orders where {wrong}").fetchone() == (0,)


def test_converted_order_money_is_half_up_by_the_rate_of_the_line_day(con: duckdb.DuckDBPyConnection) -> None:
    rates = {(row["rate_date"], row["currency"]): Decimal(row["rate"]) for row in read_text_feed("fx_rates")}
    expected: dict[str, Decimal] = defaultdict(Decimal)
    lines = con.execute("""
        select distinct on (transaction_id) order_id, kind, amount, currency, occurred_at from transaction_line
        where order_id is not null and not starts_with(transaction_id, 'bad_') and kind <> 'gift'
        order by transaction_id, received_at
    """).fetchall()
    for order_id, kind, amount, currency, occurred_at in lines:
        usd = (amount * rates[occurred_at.date().isoformat(), currency]).quantize(Decimal("0.01"), ROUND_HALF_UP)
        expected[order_id] += usd if kind == "charge" else -usd
    truth = con.execute("select order_id, net_amount_usd from orders where order_id is not null").fetchall()
    assert dict(truth) == dict(expected)


# ---- experiment


def test_experiment_counts_are_those_of_the_feed(con: duckdb.DuckDBPyConnection) -> None:
    (path,) = (small_company() / "inbox" / "experiment_exposures").iterdir()
    found = con.execute(f"""
        with exposed as (select distinct variant, user_id, exposed_at from read_parquet('{path}'))
        select variant, count(distinct exposed.user_id), count(distinct event.user_id)
        from exposed left join event
            on event.user_id = exposed.user_id and event_name = 'integration_connected'
            and occurred_at >= exposed_at and occurred_at < exposed_at + interval 14 day
        group by variant
    """).fetchall()
    assert set(found) == set(con.execute("select variant, exposed, converted from experiment").fetchall())
    drawn = facts()["parameters"]["experiment"]
    assert drawn["p_treatment"] > drawn["p_control"]
