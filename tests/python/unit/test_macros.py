"""Macros with literal values: rendered with stand-ins for what dbt puts into the Jinja context, run by DuckDB."""

from __future__ import annotations

import ast
import hashlib
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import duckdb
import jinja2
import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import settings as example_limit
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[3]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "macros").rglob("*.sql")))
DEFAULTS = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]


class CompilerError(Exception):
    """What dbt raises to stop a run."""


def stop(message):
    raise CompilerError(message)


def macros(context=None, engine="duckdb", **changed):
    """Every macro of the project as a function, under the default vars and these changes."""
    values = DEFAULTS | changed
    module = None

    def dispatch(name):
        return getattr(module, f"{engine}__{name}", None) or getattr(module, f"default__{name}")

    globals_ = {
        "dbt": SimpleNamespace(type_string=lambda: "varchar"),
        "var": values.__getitem__,
        "ref": lambda name: name,
        "return": lambda value: value,
        "adapter": SimpleNamespace(dispatch=dispatch),
        "modules": SimpleNamespace(re=re),
        "exceptions": SimpleNamespace(raise_compiler_error=stop),
        "local_md5": lambda text: hashlib.md5(text.encode()).hexdigest(),
        "is_incremental": lambda: False,
        "this": "int_events",
        "target": SimpleNamespace(schema="main"),
    }
    environment = jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do"])
    module = environment.from_string(TEXT).make_module(globals_ | {"context": {}} | (context or {}))
    return module


def rows_of(sql):
    with duckdb.connect() as connection:
        return sorted(connection.execute(sql).fetchall())


def value(sql):
    ((result,),) = rows_of(f"select {sql}")
    return result


def at(text):
    return f"timestamp '{text}'"


# ---- cross_db

NASTY = ["it's", "'", "''", "'; drop table x; --", "\\", "\\'", "a\\' or 1=1 --", "{{ 1 }}", '"', "ünï\n\t", ""]


@pytest.mark.parametrize("text", NASTY)
def test_a_text_literal_is_read_back_as_the_text(text):
    assert rows_of(f"select {macros().text_literal(text).strip()}") == [(text,)]
    # engines that read backslash escapes
    literal = macros(engine="spark").text_literal(text).strip()
    assert literal[0] == literal[-1] == "'"
    read, body = [], iter(literal[1:-1])
    for character in body:
        assert character != "'", "an unescaped quote ends the literal"
        read.append(next(body) if character == "\\" else character)
    assert "".join(read) == text


@pytest.mark.parametrize(
    ("engine", "double", "money", "wide"),
    [
        ("duckdb", "double", "decimal(18, 2)", "decimal(38, 8)"),
        ("postgres", "double precision", "decimal(18, 2)", "decimal(38, 8)"),
        ("bigquery", "float64", "numeric(18, 2)", "bignumeric(38, 8)"),
    ],
)
def test_types_have_the_names_of_the_engine(engine, double, money, wide):
    m = macros(engine=engine)
    assert m.type_double().strip() == double
    assert (m.type_decimal(18, 2).strip(), m.type_decimal(38, 8).strip()) == (money, wide)
    assert double in m.type_of("double")


def test_moved_to_zone_and_back():
    m = macros()
    noon, berlin = at("2026-07-01 12:00:00"), datetime(2026, 7, 1, 14)
    assert value(m.moved_to_zone(noon, "UTC", "Europe/Berlin")) == berlin
    assert value(m.moved_to_zone(f"timestamp '{berlin}'", "Europe/Berlin", "UTC")) == datetime(2026, 7, 1, 12)


def test_add_minutes():
    assert value(macros().add_minutes(at("2026-02-28 23:30:00"), 45)) == datetime(2026, 3, 1, 0, 15)


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        ("UTC", "2026-03-01 23:59:59.999", "2026-03-01"),
        ("Europe/Berlin", "2026-03-01 22:59:59", "2026-03-01"),
        ("Europe/Berlin", "2026-03-01 23:00:00", "2026-03-02"),
        ("Europe/Berlin", "2026-07-01 22:00:00", "2026-07-02"),
        ("America/New_York", "2026-03-01 04:59:59", "2026-02-28"),
    ],
)
def test_local_date(zone, instant, day):
    assert value(macros(reporting_timezone=zone).local_date(at(instant))) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        ("UTC", "2026-03-29", "2026-03-29 00:00:00"),
        ("Europe/Berlin", "2026-03-29", "2026-03-28 23:00:00"),
        ("Europe/Berlin", "2026-03-30", "2026-03-29 22:00:00"),
    ],
)
def test_local_midnight(zone, day, instant):
    assert value(macros(reporting_timezone=zone).local_midnight(f"date '{day}'")) == datetime.fromisoformat(instant)


def test_days():
    m = macros()
    assert value(m.add_days("date '2026-02-28'", 1)) == date(2026, 3, 1)
    assert value(m.add_days("date '2026-03-01'", -1)) == date(2026, 2, 28)
    assert value(m.days_between("date '2026-02-28'", "date '2026-03-01'")) == 1
    assert value(m.days_between("date '2026-03-01'", "date '2026-02-28'")) == -1


@pytest.mark.parametrize(("grain", "start"), [("day", "2026-03-01"), ("week", "2026-02-23"), ("month", "2026-03-01")])
def test_period_start(grain, start):
    assert value(macros().period_start(grain, "date '2026-03-01'")) == date.fromisoformat(start), "a Sunday"


def test_day_spine():
    rows = rows_of(macros().day_spine("date '2026-02-27'", "date '2026-03-01'"))
    assert rows == [(date(2026, 2, 27),), (date(2026, 2, 28),), (date(2026, 3, 1),)]
    assert rows_of(macros().day_spine("cast(null as date)", "date '2026-03-01'")) == []


def test_milliseconds():
    m = macros()
    assert value(m.milliseconds_between(at("2026-03-01 23:59:59.5"), at("2026-03-02 00:00:00"))) == 500
    assert value(m.epoch_milliseconds(at("1970-01-02 00:00:00.001"))) == 86_400_001


def test_int64_key():
    m = macros()
    # the upper 60 bits of the text's md5, which DuckDB reads as a number with the lowest byte first
    assert value(m.int64_key("'a'")) == int.from_bytes(hashlib.md5(b"a").digest(), "little") >> 68
    assert 0 < value(m.int64_key("'b'")) < 2**60
    assert value(m.int64_key("cast(null as varchar)")) is None


def test_key_digits_are_the_upper_60_bits_of_the_md5_read_backwards():
    m = macros()
    assert value(m.md5_hex("'a'")) == hashlib.md5(b"a").hexdigest()
    assert int(value(m.key_digits("'a'")), 16) == value(m.int64_key("'a'"))
    assert value(m.key_digits("cast(null as varchar)")) is None


def test_masks():
    m = macros()
    masks = "(values (5), (8), (0)) as masks(mask)"
    assert rows_of(f"select {m.mask_union('mask')} from {masks}") == [(13,)]
    assert value(m.bits_set("13")) == 3
    assert value(m.masks_meet("5", "12")) is True
    assert value(m.masks_meet("5", "10")) is False


@pytest.mark.parametrize(
    ("a", "b", "same"), [("1", "1", True), ("1", "2", False), ("1", "null", False), ("null", "null", True)]
)
def test_is_same_knows_null(a, b, same):
    assert value(macros().is_same(a, b)) is same


def test_double_text_shows_whole_numbers_with_a_point():
    assert value(macros().double_text("cast(20 as double)")) == "20.0"
    assert value(macros().double_text("cast(0.25 as double)")) == "0.25"


@pytest.mark.parametrize(
    ("number", "text"),
    [("1.684068710003368e-4", "0.000168"), ("-2e-9", "0.0"), ("123456789.5e0", "123456789.5")],
)
def test_double_text_has_no_exponent(number, text):
    assert value(macros().double_text(f"cast({number} as double)")) == text


def test_safe_divide():
    m = macros()
    assert value(m.safe_divide("1", "4")) == 0.25
    assert value(m.safe_divide("1", "0")) is None
    assert value(m.safe_divide("0", "0")) is None


@pytest.mark.parametrize(("given", "money"), [("2.345", "2.35"), ("-2.345", "-2.35"), ("2.344", "2.34"), ("1", "1.00")])
def test_money(given, money):
    result = value(macros().money(f"cast({given} as decimal(18, 3))"))
    assert (result, result.as_tuple().exponent) == (Decimal(money), -2)


def test_percentile():
    sql = macros().percentile("x", 0.9)
    assert value(f"{sql} from (values (1), (2), (3), (4), (5), (6)) as t(x)") == 5.5


@pytest.mark.parametrize("share", [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1])
def test_percentile_of_sorted_is_the_interpolated_one(share):
    sql = macros().percentile_of_sorted("x", share)

    @given(st.lists(st.integers(-1000, 1000) | st.floats(-1e6, 1e6), min_size=1, max_size=30))
    @example_limit(max_examples=30, deadline=None)
    def agrees_with_numpy(numbers):
        rows = ", ".join(f"({number!r}::double, {place})" for place, number in enumerate(sorted(numbers), start=1))
        found = value(f"{sql} from (select *, count(*) over () as places from (values {rows}) as t(x, place))")
        assert found == pytest.approx(np.percentile(numbers, 100 * share), abs=1e-6)

    agrees_with_numpy()


# ---- definitions


def test_known_by_as_of_date():
    replay = macros(as_of_date="2026-03-01", reporting_timezone="America/New_York")
    assert value(replay.known_by_as_of_date("timestamp '2026-03-02 04:59:59'")) is True
    assert value(replay.known_by_as_of_date("timestamp '2026-03-02 05:00:00'")) is False
    assert value(macros().known_by_as_of_date("timestamp '2999-01-01'")) is True


def test_as_of_date():
    assert value(macros(as_of_date="2026-03-01").as_of_date()) == date(2026, 3, 1)
    assert macros().as_of_date().split() == ["(select", "as_of_date", "from", "int_clock)"]


def test_identity_key_tells_kinds_apart():
    m = macros()
    assert value(m.identity_key("'user'", "'x'")) != value(m.identity_key("'anonymous'", "'x'"))
    assert value(m.identity_key("'user'", "'x'")) == value(m.int64_key("'user:x'"))


def test_retention_limit():
    m = macros(retention_max_periods_week=7)
    assert value(m.retention_limit("'week'")) == 7
    assert value(m.retention_limit("'month'")) == DEFAULTS["retention_max_periods_month"]


def test_ledger_tables_hold_every_feed_but_events():
    tables = ast.literal_eval(macros().ledger_tables().strip())
    feeds = {path.stem for path in (ROOT / "contracts").glob("*.yml")}
    assert {t["feed"] for t in tables} == feeds - {"events"}
    assert all(t["source"] == "raw" and t["model"] == f"stg_feeds__{t['feed']}" for t in tables)


def test_ledger_tables_of_a_preset_come_on_top():
    context = {"context": {"preset_shop__tables": lambda: ["lines"]}}
    tables = ast.literal_eval(macros(context, preset="shop").ledger_tables().strip())
    assert tables[-1] == {"feed": "lines", "source": "shop", "model": "base_shop__lines"}
    assert len(tables) == 16


KPI = """
with periods as (select * from (values (1), (2)) as t(period)),
segment_sets as (
    select * from (values (10, 'size', 'big'), (11, 'size', 'small'), (10, 'all', 'all'), (11, 'all', 'all'))
    as t(segment_set_key, segment_dimension, segment_key)
),
totals as (select * from (values (1, 10, 3), (1, 11, 2), (2, 11, 4)) as t(period, segment_set_key, customers))
"""


def test_by_segment_parts_add_up_to_all():
    assert rows_of(KPI + macros().by_segment("totals", "segment_sets", ["period"], ["customers"])) == [
        (1, "all", "all", 5),
        (1, "size", "big", 3),
        (1, "size", "small", 2),
        (2, "all", "all", 4),
        (2, "size", "small", 4),
    ]


def test_percentiles_by_segment_rank_the_rows_of_all_sets_together():
    rows = "(values (1, 10, 1), (1, 10, 2), (1, 11, 9), (1, 11, null))"
    waits = f", waits as (select * from {rows} as t(p, segment_set_key, w))"
    sql = macros().percentiles_by_segment("waits", "segment_sets", ["p"], "w", {"median": 0.5, "p75": 0.75}, "n")
    assert rows_of(KPI + waits + sql) == [
        (1, "all", "all", 3, 2.0, 5.5),
        (1, "size", "big", 2, 1.5, 1.75),
        (1, "size", "small", 1, 9.0, 9.0),
    ]


def test_same_segment_period_compares_the_whole_key():
    condition = macros().same_segment_period("l", "r").split("and")
    assert [part.split() for part in condition] == [
        [f"l.{c}", "=", f"r.{c}"] for c in ("period_grain", "period_start", "segment_dimension", "segment_key")
    ]


# ---- config


def test_delete_touched_days_deletes_only_when_incremental():
    assert macros().delete_touched_days("event_date").strip() == ""
    sql = macros({"is_incremental": lambda: True}).delete_touched_days("event_date")
    with duckdb.connect() as connection:
        connection.execute("create table int_event_days_touched as select date '2026-03-01' as event_date")
        connection.execute(
            "create table int_events as select unnest([date '2026-03-01', date '2026-03-02']) as event_date"
        )
        connection.execute(sql)
        assert connection.execute("select event_date from int_events").fetchall() == [(date(2026, 3, 2),)]


def test_validate_vars_passes_the_defaults():
    assert macros().validate_vars().strip() == ""


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("as_of_date", "2026-3-1"),
        ("known_at", "yesterday"),
        ("reporting_timezone", "Europe/Berlin'; drop table x"),
        ("reporting_currency", "usd"),
        ("session_gap_minutes", 0),
        ("session_gap_minutes", 1381),
        ("session_gap_minutes", None),
        ("gross_margin", "1.5"),
        ("identity_merge_by_email", "maybe"),
        ("preset", "Shop"),
    ],
)
def test_validate_vars_names_the_var_and_the_fix(name, wrong):
    with pytest.raises(CompilerError, match=rf"var '{name}' is .*Fix: .*--set {name}=VALUE"):
        macros(**{name: wrong}).validate_vars()


# ---- staging


def source_context(relation, **more):
    """What dbt gives raw_source while it renders a model."""
    columns = {"event_id": {"name": "event_id", "data_type": "varchar"}}
    return {
        "builtins": SimpleNamespace(source=lambda source, feed: relation),
        "execute": True,
        "project_name": "segmentry",
        "graph": SimpleNamespace(sources={"source.segmentry.raw.events": SimpleNamespace(columns=columns)}),
        **more,
    }


class Relation(SimpleNamespace):
    def __str__(self):
        return self.name


def files(count, columns=("event_id",)):
    """Answers to the questions how many files there are and which columns they have."""
    return lambda sql: SimpleNamespace(
        columns=[SimpleNamespace(values=lambda: list(columns) if sql.startswith("describe") else [count])]
    )


LANDED = Relation(name="landed", is_cte=False, external="read_parquet('raw/events/*.parquet')")


def test_raw_source_reads_what_landed():
    assert macros(source_context(LANDED, run_query=files(2))).raw_source("events").strip() == "landed"


def test_raw_source_is_empty_with_the_declared_columns_where_nothing_landed():
    sql = macros(source_context(LANDED, run_query=files(0))).raw_source("events")
    relation = duckdb.sql(f"select * from {sql}")
    assert (relation.columns, relation.fetchall()) == (["event_id"], [])


def test_landed_rows_looks_where_the_source_lies():
    asked = []
    context = source_context(LANDED, run_query=lambda sql: asked.append(sql) or files(1)(sql))
    macros(context).landed_rows(LANDED, "raw", "events")
    assert asked[0] == "select count(*) from glob('raw/events/*.parquet')"


def test_file_rows_lack_a_column_that_was_declared_after_they_landed():
    older = Relation(name="(select 7 as other)", is_cte=False, external=LANDED.external)
    context = source_context(older, run_query=files(2, columns=("other",)))
    node = context["graph"].sources["source.segmentry.raw.events"]
    for sql in (macros(context).raw_source("events"), macros(context).file_rows(older, node)):
        relation = duckdb.sql(f"select * from {sql}")
        assert (relation.columns, relation.fetchall()) == (["event_id"], [(None,)])


def test_declared_rows_cast_what_is_there_and_know_the_lineage_of_what_is_not():
    types = {"amount": "integer", "note": "varchar", "_row": "bigint"}
    node = SimpleNamespace(columns={name: {"name": name, "data_type": type_} for name, type_ in types.items()})
    sql = macros().declared_rows("(select '7' as amount, 1 as undeclared)", node, ["amount", "undeclared"])
    relation = duckdb.sql(f"select * from {sql}")
    assert (relation.columns, relation.fetchall()) == (["amount", "note", "_row"], [(7, None, 0)])


def test_raw_source_uses_a_mock_as_it_is():
    mock = Relation(name="mocked", is_cte=True)
    assert macros(source_context(mock)).raw_source("events").strip() == "mocked"


def test_raw_source_forgets_what_came_after_known_at():
    rows = Relation(name="(select unnest([1, 2, 3]) as n, make_timestamp(2026, 3, n, 0, 0, 0) as seen)", is_cte=True)
    sql = macros(source_context(rows), known_at="2026-03-02").raw_source("events", known_at="seen")
    assert rows_of(f"select n from {sql}") == [(1,), (2,)]


@pytest.mark.parametrize(("raw_schema", "feeds"), [(None, "home/raw/users"), ("erp", ""), ("models", "")])
def test_fits_are_files_wherever_the_feeds_are(raw_schema, feeds):
    def folder(source, schema, name, path):
        meta = {"external_location": f"read_parquet('home/{path}/*')"}
        node = SimpleNamespace(name=name, source_name=source, schema=schema, meta=meta)
        return macros(raw_schema=raw_schema).mounted_folder(node).strip()

    assert folder("raw", raw_schema or "raw", "users", "raw/{name}") == feeds
    assert folder("models", "models", "runs", "models/runs") == "home/models/runs"
