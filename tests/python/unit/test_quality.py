"""The suites find what no single row shows, say it in counts, and let no value of the data out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import toy
from landing_toys import SALES

from segmentry.config import Settings
from segmentry.contracts import Contract, load_contract
from segmentry.errors import AuditFailedError, UsageError
from segmentry.landing import land
from segmentry.publishing import current_generation, publish
from segmentry.quality.feeds import check_batch, new_batches
from segmentry.quality.marts import check_marts, mart_checks, share_columns
from segmentry.quality.page import render
from segmentry.quality.results import Result, Suite, require_passed, save
from segmentry.quality.rules import Limits, Outcome, Rule, validate
from segmentry.quality.thresholds import load_thresholds
from segmentry.warehouse import read_record

ROOT = Path(__file__).parents[3]
CANARY = "canary.person@secret.example"
DAY = datetime(2026, 4, 1, tzinfo=UTC)


def test_rules_count_what_breaks_them_and_keep_no_value() -> None:
    frame = pd.DataFrame({"kind": ["charge", "refund", CANARY, None], "amount": [1.0, 2.0, 3000.0, 4.0]})
    rules = [
        Rule("values", "in_set", "kind", "error", ("charge", "refund")),
        Rule("values", "not_null", "kind", "warning"),
        Rule("values", "matches", "kind", "error", "^[a-z]+$"),
        Rule("values", "between", "amount", "error", Limits(None, 10)),
        Rule("values", "between", "amount", "error", Limits(0, None)),
        Rule("schema", "columns", "", "error", ("kind", "amount")),
        Rule("schema", "columns", "", "error", ("kind", "amount", "gone")),
        Rule("values", "not_null", "gone", "error"),
    ]
    outcomes = validate(frame, rules)
    assert [(o.passed, o.failed_rows) for o in outcomes] == [
        (False, 1), (False, 1), (False, 1), (False, 1), (True, 0), (True, 0), (False, 4), (False, 4)
    ]  # fmt: skip
    result = Result(run_id="r", scope="feeds", at=DAY, suites=[Suite(asset="a", subject="f.csv", outcomes=outcomes)])
    for text in (result.model_dump_json(), render([result]), " ".join(o.text() for o in outcomes)):
        assert CANARY not in text and "3000" not in text


# ---- feeds


def sales(day: int, rows: int = 300, factor: int = 1, kind: str = "charge", user: str = "u") -> str:
    """A day's file: header and rows, in CSV."""
    at = f"{DAY + timedelta(days=day):%Y-%m-%d}"
    lines = ["sale_id,occurred_at,received_at,amount,currency,kind,user_id,account_id"]
    lines += [
        f"s{day}-{row},{at}T10:00:00Z,{at}T11:00:00Z,{(row % 50 + 1) * factor},EUR,{kind},{user},{'' if user else row}"
        for row in range(rows)
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    path = tmp_path_factory.mktemp("contract") / "sales.yml"
    path.write_text(SALES)
    return load_contract(path)


@pytest.fixture
def home(tmp_path: Path, contract: Contract) -> Settings:
    """Ten published days of sales."""
    return published(tmp_path / "home", contract, [sales(day) for day in range(10)])


def published(folder: Path, contract: Contract, files: list[str]) -> Settings:
    """A home that published these files of sales."""
    where = toy.settings(folder)
    text = (ROOT / "quality.yml").read_text()
    # the toy's marts have no weeks
    before, _, after = text.partition("  week_on_week:\n")
    freshness = after[after.index("\nfreshness:") :]
    (where.project_dir / "quality.yml").write_text(f"{before}  week_on_week: {{}}\n{freshness}")
    for number, content in enumerate(files):
        drop(where, contract, f"day{number}.csv", content)
    publish(where, toy.green_build(where), "run-0")
    return where


def drop(where: Settings, contract: Contract, name: str, content: str) -> None:
    folder = where.inbox / "sales"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content)
    land(where.home, {"sales": contract}, now=DAY + timedelta(days=11))


def broken(where: Settings, contract: Contract) -> list[dict[str, set[str]]]:
    """Of every new file: the rules broken, by severity."""
    found = []
    for batch in new_batches(where, {"sales": contract}):
        suite = check_batch(where, "feeds", contract, batch)
        found.append({s: {o.rule.split()[0] for o in suite.failed(s)} for s in ("error", "warning")})
    return found


def test_a_first_import_is_one_batch_with_nothing_to_compare(tmp_path: Path, contract: Contract) -> None:
    where = toy.settings(tmp_path / "home")
    (where.project_dir / "quality.yml").write_text((ROOT / "quality.yml").read_text())
    drop(where, contract, "a.csv", sales(0))
    drop(where, contract, "b.csv", sales(9, factor=1000))
    assert broken(where, contract) == [{"error": set(), "warning": set()}]


SWAPPED = {"null_shift__user_id", "null_shift__account_id"}


@pytest.mark.parametrize(
    ("content", "error", "warning"),
    [
        (sales(10), set(), set()),
        (sales(10, factor=100), {"mean_ratio__amount"}, {"mean_ratio__amount"}),  # cents for euros
        (sales(10, factor=5), set(), {"mean_ratio__amount"}),
        (sales(10, kind="refund"), {"value_shift__kind"}, {"value_shift__kind"}),
        (sales(10, user=""), SWAPPED, SWAPPED),
        (sales(10, rows=1500), set(), {"volume_ratio"}),
        (sales(2), set(), {"duplicate_share", "days_since_received"}),  # day 2 again, in other bytes below
        (sales(10, rows=90) + sales(11, rows=10, kind="nonsense").split("\n", 1)[1], {"quarantined_share"}, set()),
    ],
)  # fmt: skip
def test_each_fault_breaks_its_rule(
    home: Settings, contract: Contract, content: str, error: set[str], warning: set[str]
) -> None:
    drop(home, contract, "new.csv", content + "\n")
    assert broken(home, contract) == [{"error": error, "warning": warning}]


def test_a_bad_file_is_a_batch_beside_the_good_one(home: Settings, contract: Contract) -> None:
    drop(home, contract, "good.csv", sales(10))
    drop(home, contract, "bad.csv", sales(11, factor=100))
    assert [bool(found["error"]) for found in broken(home, contract)] == [False, True]


def scored(day: int, *scores: object) -> str:
    """A day's file with a score per row: the given ones, again and again."""
    header, *lines = sales(day).splitlines()
    rows = [f"{line},{scores[number % len(scores)]}" for number, line in enumerate(lines)]
    return "\n".join([f"{header},score", *rows]) + "\n"


RARE, OFTEN, SIGNED = ("", "", "", "", 0.5), (3, *[0] * 15), (3, -2)


@pytest.mark.parametrize(
    ("before", "now", "error", "warning"),
    [
        (RARE, [9, *[""] * 99], set(), set()),  # three ratings are no drift, though their mean is 18 times as large
        (OFTEN, [3], set(), {"zero_shift__score"}),  # a discount on everything: more of them, none larger
        (SIGNED, [-3, 2], set(), set()),  # the mean changes its sign, the sizes are as before
        (SIGNED, [0], {"zero_shift__score"}, {"zero_shift__score"}),
        (SIGNED, [-0.3, 0.2], set(), {"mean_ratio__score"}),  # 0.1 to the digit: the limits are inclusive
        (SIGNED, [-0.03, 0.02], {"mean_ratio__score"}, {"mean_ratio__score"}),
    ],
)  # fmt: skip
def test_numbers_drift_by_size_and_only_where_enough_are_there(
    tmp_path: Path, contract: Contract, before: list[object], now: list[object], error: set[str], warning: set[str]
) -> None:
    where = published(tmp_path / "home", contract, [scored(day, *before) for day in range(6, 10)])
    drop(where, contract, "new.csv", scored(10, *now))
    assert broken(where, contract) == [{"error": error, "warning": warning}]


# ---- marts


def membership(path: Path, unknown: int, of: int = 10) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema if not exists segments")
        connection.execute(
            "create or replace table segments.segment_membership as select 'rfm' as dimension,"
            f" case when i < {unknown} then 'unknown' when i % 2 = 0 then 'a' else 'b' end as segment_key"
            f" from range({of}) as t(i)"
        )


def failed(home: Settings, severity: str) -> set[tuple[str, str]]:
    record = read_record(home)
    assert record is not None
    suites = check_marts(home, record, date(2026, 1, 1))
    return {(suite.asset, outcome.rule.split()[0]) for suite in suites for outcome in suite.failed(severity)}


def test_a_mart_that_lost_rows_or_a_segment_that_took_all(home: Settings) -> None:
    toy.green_build(home, rows=400)  # 1000 rows are published
    assert ("core.dim_customers", "rows_kept") in failed(home, "error")


@pytest.mark.parametrize("unknown", [99, 100])
def test_of_a_first_build_some_dimension_must_be_known(home: Settings, unknown: int) -> None:
    """A dimension whose feed is not used is wholly unknown for good; when all of them are, something is broken."""
    record = toy.green_build(home)
    membership(record.warehouse, unknown=unknown, of=100)
    found = {rule for mart, rule in failed(home, "error") if mart == "segments.segment_membership"}
    assert found == {"least_unknown_share"}
    with duckdb.connect(str(record.warehouse)) as connection:
        connection.execute(
            "insert into segments.segment_membership values ('region', 'north'), ('region', 'south'), ('vips', 'vips')"
        )
    assert {rule for mart, rule in failed(home, "error") if mart == "segments.segment_membership"} == set()
    warned = {rule for mart, rule in failed(home, "warning") if mart == "segments.segment_membership"}
    assert warned == {"unknown_share__rfm", "largest_share__rfm"}


@pytest.mark.parametrize(
    ("unknown_before", "rules"),
    [
        (0, {"known_kept__rfm", "segment_shift__rfm", "least_unknown_share"}),
        (8, {"known_kept__rfm", "least_unknown_share"}),  # its shares move by a fifth only
    ],
)
def test_a_dimension_of_which_nothing_is_known_any_more_is_an_error(
    home: Settings, unknown_before: int, rules: set[str]
) -> None:
    record = toy.green_build(home)
    current = current_generation(home.published)
    assert current is not None
    current.marts.chmod(0o644)
    membership(current.marts, unknown=unknown_before)
    membership(record.warehouse, unknown=10)
    assert {rule for mart, rule in failed(home, "error") if mart == "segments.segment_membership"} == rules


def test_a_share_outside_0_to_1_is_an_error(home: Settings) -> None:
    record = toy.green_build(home)
    with duckdb.connect(str(record.warehouse)) as connection:
        connection.execute(
            "create table kpis.kpi_toy as"
            " select 1.5 as win_share, 0.2 as churn_rate, 0.1 as churn_rate_ci_low, 7 as growth_rate"
        )
    suites = {suite.asset: suite for suite in check_marts(home, record, date(2026, 1, 1))}
    assert {o.rule.split()[0] for o in suites["kpis.kpi_toy"].failed("error")} == {"rows_outside__win_share"}
    assert mart_checks(load_thresholds(ROOT).marts, {"trust.x": {"a_share"}, "core.y": {"b"}}) == {
        "trust.x": {"shares"},
        "core.y": {"rows_kept"},
    }


def test_publishing_needs_the_suites_of_this_very_build(home: Settings) -> None:
    bad = Outcome(check="shares", rule="win_share", severity="error", passed=False, rows=1, failed_rows=1)
    warned = bad.model_copy(update={"severity": "warning"})
    with pytest.raises(AuditFailedError, match="have not run on this build"):
        require_passed(home, "build-2")
    for build_id, outcome in (("build-1", bad), ("build-2", warned)):
        suite = Suite(asset="kpis.x", subject="build", outcomes=[outcome])
        save(home, Result(run_id="r", scope="marts", at=datetime.now(), build_id=build_id, suites=[suite]))
    require_passed(home, "build-2")
    with pytest.raises(AuditFailedError, match=r"kpis\.x: win_share: not so in 1 of 1 rows"):
        require_passed(home, "build-1")


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("rows_kept: {warning", "rows_kept: {waning", r"marts\.rows_kept\.waning"),
        ("null_shift: {", "nul_shift: {", r"feeds\.measures\.nul_shift"),
        ("null_shift: {check: drift", "null_shift: {check: drit", r"feeds\.measures\.null_shift\.check"),
    ],
)
def test_a_misspelt_threshold_is_refused(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    """It would switch a check off, or hold a file under a check that no asset has."""
    text = (ROOT / "quality.yml").read_text()
    assert text.count(right) == 1
    (tmp_path / "quality.yml").write_text(text.replace(right, wrong))
    with pytest.raises(UsageError, match=told):
        load_thresholds(tmp_path)


def test_a_lift_is_no_share():
    """It has an interval too, and is below 0 where those held out did better: no run was published then."""
    columns = {"rate", "rate_ci_low", "rate_ci_high", "lift", "lift_ci_low", "lift_ci_high", "known_share", "customers"}
    assert share_columns(columns) == ["known_share", "rate"]
