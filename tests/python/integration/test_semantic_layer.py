"""MetricFlow's answers equal the marts: its SQL is compiled by its own engine and run on the published file, and its
command is run as a user runs it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

ROOT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent
MONTH = "metric_time__month"

pytestmark = pytest.mark.integration


class Dialect:
    """What the engine asks of a connection when it only compiles."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


@pytest.fixture(scope="module")
def environment(demo_home: Path) -> dict[str, str]:
    return os.environ | {
        "SEGMENTRY_HOME": str(demo_home),
        "SEGMENTRY_TARGET": "published",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


@pytest.fixture(scope="module")
def project(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with a target folder of its own, where `mf` looks for what `dbt parse` writes."""
    folder = tmp_path_factory.mktemp("semantic")
    for name in ("dbt_project.yml", "profiles.yml", "macros", "models", "seeds"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "tests").mkdir()
    (folder / "tests" / "dbt").symlink_to(ROOT / "tests" / "dbt")
    run = subprocess.run(
        [str(BIN / "dbt"), "--quiet", "parse"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout
    return folder


@pytest.fixture(scope="module")
def engine(project: Path) -> MetricFlowEngine:
    text = (project / "target" / "semantic_manifest.json").read_text(encoding="utf-8")
    return MetricFlowEngine(SemanticManifestLookup(parse_manifest_from_dbt_generated_manifest(text)), Dialect())


@pytest.fixture(scope="module")
def con(demo_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(str(demo_home / "published" / "marts.duckdb"), read_only=True)
    yield connection
    connection.close()


def sql_of(engine: MetricFlowEngine, **request: object) -> str:
    plan = engine.explain(MetricFlowQueryRequest.create(**request))
    return str(plan.sql_statement.sql)


def kpi(table: str, column: str) -> str:
    """The months of a KPI in which it is not 0."""
    return (
        f"select period_start, {column} from kpis.{table} where period_grain = 'month' and segment_dimension = 'all'"
        f" and {column} <> 0"
    )


BY_MONTH = {
    "active_customers": kpi("kpi_active_customers", "active_customers"),
    "customer_days": kpi("kpi_active_customers", "customer_days"),
    "orders": kpi("kpi_revenue", "orders"),
    "cancelled_orders": kpi("kpi_revenue", "cancelled_orders"),
    "buyers": kpi("kpi_revenue", "buyers"),
    "order_gross_revenue": kpi("kpi_revenue", "order_gross_revenue"),
    "new_mrr": kpi("kpi_mrr_movements", "new_mrr"),
    "expansion_mrr": kpi("kpi_mrr_movements", "expansion_mrr"),
    "contraction_mrr": kpi("kpi_mrr_movements", "contraction_mrr"),
    "churned_mrr": kpi("kpi_mrr_movements", "churned_mrr"),
    "reactivation_mrr": kpi("kpi_mrr_movements", "reactivation_mrr"),
    "fx_mrr": kpi("kpi_mrr_movements", "fx_mrr"),
    "closing_mrr": kpi("kpi_mrr_movements", "closing_mrr"),
    "tickets": kpi("kpi_support", "tickets"),
    "ticket_reopen_rate": kpi("kpi_support", "reopen_rate"),
    "csat": kpi("kpi_csat", "csat"),
}

# metrics, group by: query over the marts, equal as bags of rows
BY_DIMENSION = {
    ("tickets,feature_requests", f"{MONTH},ticket__need_key"): (
        "select period_start, need_key, tickets, feature_requests from kpis.kpi_support_needs"
        " where period_grain = 'month' and segment_dimension = 'all'"
    ),
    ("mrr_change", f"{MONTH},mrr_change__movement_type"): (
        "select date_trunc('month', change_date)::date, movement_type, sum(mrr_after - mrr_before)"
        " from core.fct_mrr_changes group by all"
    ),
    ("paying_accounts,current_mrr", "account__industry,account__size_band"): (
        "select industry, size_band, sum(is_paying::int), sum(mrr) from core.dim_accounts group by all"
    ),
    ("active_customers", "customer__engagement"): (
        "select engagement, count(distinct customer_id) from core.fct_customer_days"
        " join core.dim_customers using (customer_id) group by all"
    ),
    ("orders,order_net_revenue", f"{MONTH},customer__rfm"): (
        "select date_trunc('month', ordered_on)::date, rfm, count(*), sum(net_amount)"
        " from core.fct_orders as o join core.dim_customers as c using (customer_id) group by all"
    ),
    ("csat_answers,csat", "customer__lifecycle"): (
        "select lifecycle, count(*), count(*) filter (score >= 4) / count(*) from core.fct_survey_responses"
        " left join core.dim_customers using (customer_id) where survey_kind = 'csat' and score is not null"
        " group by all"
    ),
}


def differences(con: duckdb.DuckDBPyConnection, found: str, expected: str) -> list[tuple[object, ...]]:
    assert con.execute(f"select count(*) from ({expected})").fetchall()[0][0] > 0
    return con.execute(f"(({found}) except all ({expected})) union all (({expected}) except all ({found}))").fetchall()


@pytest.mark.parametrize("metric", BY_MONTH)
def test_months_equal_the_kpi(engine: MetricFlowEngine, con: duckdb.DuckDBPyConnection, metric: str) -> None:
    sql = sql_of(engine, metric_names=[metric], group_by_names=[MONTH])
    found = f"select {MONTH}::date, {metric} from ({sql}) where {metric} <> 0"
    assert differences(con, found, BY_MONTH[metric]) == []


@pytest.mark.parametrize(("metrics", "dimensions"), BY_DIMENSION)
def test_dimensions_equal_the_marts(
    engine: MetricFlowEngine, con: duckdb.DuckDBPyConnection, metrics: str, dimensions: str
) -> None:
    sql = sql_of(engine, metric_names=metrics.split(","), group_by_names=dimensions.split(","))
    found = f"select {dimensions.replace(MONTH, MONTH + '::date')}, {metrics} from ({sql})"
    assert differences(con, found, BY_DIMENSION[metrics, dimensions]) == []


def test_saved_queries_run(engine: MetricFlowEngine, con: duckdb.DuckDBPyConnection) -> None:
    names = [query.name for query in engine.list_saved_queries()]
    assert len(names) >= 5
    for name in names:
        assert con.execute(sql_of(engine, saved_query_name=name)).fetchall(), name


def answered(project: Path, environment: dict[str, str], metrics: str, dimensions: str, name: str) -> str:
    """The table that `mf query` writes: the command reads the published marts by itself."""
    answer = project / f"{name}.csv"
    command = [str(BIN / "mf"), "query", "--metrics", metrics, "--group-by", dimensions, "--csv", str(answer)]
    run = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return f"read_csv('{answer}', header = true)"


def test_the_command_answers_every_month_as_the_kpi(
    project: Path, environment: dict[str, str], con: duckdb.DuckDBPyConnection
) -> None:
    table = answered(project, environment, ",".join(BY_MONTH), MONTH, "months")
    for metric, expected in BY_MONTH.items():
        found = f"select {MONTH}::date, {metric} from {table} where {metric} <> 0"
        assert differences(con, found, expected) == [], metric


@pytest.mark.parametrize(
    ("metrics", "dimensions"),
    [
        ("tickets,feature_requests", f"{MONTH},ticket__need_key"),
        ("paying_accounts,current_mrr", "account__industry,account__size_band"),
        ("csat_answers,csat", "customer__lifecycle"),
    ],
)
def test_the_command_answers_by_dimension_as_the_marts(
    project: Path, environment: dict[str, str], con: duckdb.DuckDBPyConnection, metrics: str, dimensions: str
) -> None:
    table = answered(project, environment, metrics, dimensions, metrics.replace(",", "_"))
    found = f"select {dimensions.replace(MONTH, MONTH + '::date')}, {metrics} from {table}"
    assert differences(con, found, BY_DIMENSION[metrics, dimensions]) == []


def test_the_command_line_finds_no_fault(project: Path, environment: dict[str, str]) -> None:
    run = subprocess.run(
        [str(BIN / "mf"), "validate-configs"], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("ERRORS: 0, FUTURE_ERRORS: 0") == 6, run.stdout  # the manifest and five kinds in the data
