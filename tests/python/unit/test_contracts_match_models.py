"""The contracts, the generated dbt files and the staging models say the same."""

import re
from pathlib import Path

import duckdb
import pytest
import yaml

from segmentry import contracts_to_dbt
from segmentry.contracts import Contract, load_contracts

ROOT = Path(__file__).resolve().parents[3]
STAGING = ROOT / "models" / "staging" / "feeds"
FEEDS = load_contracts(ROOT / "contracts")
LINEAGE = {"_batch_id": "string", "_row": "bigint", "_load_id": "bigint"}
ADDED = {"events": {"event_key": "bigint", "event_date": "date"}}

# FEEDS.md in one line per feed: `*` is a required column. Kept by hand, so that a contract cannot change unnoticed.
COLUMNS = {
    "events": "event_id* event_name* occurred_at* received_at* user_id anonymous_id account_id session_id platform"
    " device_type os browser app_version country_code region city language page_path referrer utm_source utm_medium"
    " utm_campaign properties",
    "users": "user_id* updated_at* account_id email name signed_up_at birth_year gender education income_band"
    " occupation job_role country_code region city timezone language is_internal",
    "subscriptions": "subscription_id* item_id phase_started_at* phase_ended_at account_id* plan_id* status quantity*"
    " unit_amount* discount_amount currency* billing_interval* interval_count trial_ends_at cancel_requested_at"
    " cancel_reason is_involuntary received_at*",
    "plans": "plan_id* plan_name tier is_free seats_included limits features",
    "transactions": "transaction_id* kind* category order_id account_id user_id product_id quantity amount* tax_amount"
    " discount_amount currency* occurred_at* received_at*",
    "accounts": "account_id* updated_at* name domain parent_account_id industry employee_count annual_revenue"
    " revenue_currency country_code region city founded_year ownership tech_stack crm_stage owner timezone",
    "account_members": "account_id* user_id* role valid_from* valid_to",
    "survey_responses": "response_id* survey_id* survey_kind* question_id* user_id account_id score scale_max answer"
    " responded_at* received_at* was_sent_to",
    "tickets": "ticket_id* user_id account_id created_at* first_responded_at solved_at reopened_count kind category"
    " message tags priority votes satisfaction_score received_at*",
    "campaign_touches": "touch_id* campaign_id* user_id* segment_key tactic channel is_holdout* touched_at* opened_at"
    " clicked_at",
    "experiment_exposures": "experiment_id* variant* user_id* exposed_at*",
    "marketing_spend": "spend_date* channel* campaign_id amount* currency*",
    "web_vitals": "event_id* metric* value* page_path device_type measured_at*",
    "consents": "user_id* purpose* is_granted* decided_at*",
    "erasure_requests": "request_id* user_id* requested_at*",
    "fx_rates": "rate_date* currency* rate*",
}
DIRECT_IDENTIFIERS = {
    ("users", "email"),
    ("users", "name"),
    ("accounts", "name"),
    ("accounts", "domain"),
    ("accounts", "owner"),
    ("survey_responses", "answer"),
    ("tickets", "message"),
}


def generated_tables(kind: str, suffix: str) -> dict[str, dict]:
    """Entries of the generated YAML files as dbt reads them, by name."""
    tables = {}
    for group in contracts_to_dbt.GROUPS:
        content = yaml.safe_load((STAGING / f"_{group}__{suffix}.yml").read_text(encoding="utf-8"))
        entries = content["sources"][0]["tables"] if kind == "sources" else content["models"]
        tables.update({entry["name"]: entry for entry in entries})
    return tables


SOURCES = generated_tables("sources", "sources")
MODELS = generated_tables("models", "models")
DOCS = {
    name: text.strip()
    for path in (ROOT / "models" / "docs").rglob("*.md")
    for name, text in re.findall(r"{% docs (\w+) %}(.*?){% enddocs %}", path.read_text(encoding="utf-8"), re.DOTALL)
}


def types_of(entry: dict) -> dict[str, str]:
    return {column["name"]: column["data_type"] for column in entry["columns"]}


def contract_types(feed: Contract) -> dict[str, str]:
    return {c.name: c.physical_type.lower().replace("varchar", "string") for c in feed.columns}


def described(entry: dict) -> dict[str, str]:
    """Text of every column's doc block."""
    return {c["name"]: DOCS[re.fullmatch(r"{{ doc\('(\w+)'\) }}", c["description"])[1]] for c in entry["columns"]}


def test_generated_files_are_up_to_date():
    assert contracts_to_dbt.differing() == []


def test_check_notices_a_changed_contract(tmp_path, monkeypatch, capsys):
    (tmp_path / "contracts").mkdir()
    for path in (ROOT / "contracts").glob("*.yml"):
        text = path.read_text(encoding="utf-8").replace("name: discount_amount", "name: rebate_amount")
        (tmp_path / "contracts" / path.name).write_text(text, encoding="utf-8")
    for path in contracts_to_dbt.rendered():
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    stale = {path.name for path in contracts_to_dbt.differing(tmp_path)}
    assert stale == {"_money__sources.yml", "_money__models.yml", "transactions.md", "subscriptions.md"}


@pytest.mark.parametrize("feed", COLUMNS)
def test_contract_has_the_columns_of_the_design(feed):
    named = " ".join(c.name + ("*" if c.required else "") for c in FEEDS[feed].columns)
    assert named == COLUMNS[feed]


def test_every_feed_is_contracted_and_grouped_once():
    grouped = [feed for feeds in contracts_to_dbt.GROUPS.values() for feed in feeds]
    assert sorted(grouped) == sorted(FEEDS) == sorted(COLUMNS)


def test_direct_identifiers_are_marked():
    assert {(feed.name, c.name) for feed in FEEDS.values() for c in feed.columns if c.is_pii} == DIRECT_IDENTIFIERS


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_row_rules_read_only_columns_of_the_feed(feed):
    empty = ", ".join(f"cast(null as {c.physical_type}) as {c.name}" for c in feed.columns)
    for rule in feed.row_rules:
        duckdb.connect().execute(f"select {rule.sql} from (select {empty})").fetchall()


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_key_is_not_null_where_it_must_be_and_versions_are_ordered(feed):
    nullable = {c.name for c in feed.columns if not c.required}
    assert set(feed.dedup_key) - nullable, "a key of optional columns only identifies nothing"
    assert {c.name for c in feed.columns if c.primary_key} == set(feed.dedup_key)


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_source_declares_the_contract(feed):
    types = types_of(SOURCES[feed.name])
    landing = {"_extra": "string", "_batch_id": "string", "_file": "string", "_row": "bigint", "_load_id": "bigint"}
    assert types == contract_types(feed) | landing | {"_landed_at": "timestamp"}
    assert list(types)[: len(feed.columns)] == [c.name for c in feed.columns]
    texts = described(SOURCES[feed.name])
    assert {c.name: texts[c.name] for c in feed.columns} == {c.name: c.description for c in feed.columns}


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_model_declares_the_contract(feed):
    model = MODELS[f"stg_feeds__{feed.name}"]
    assert types_of(model) == contract_types(feed) | ADDED.get(feed.name, {}) | LINEAGE
    assert model["config"]["contract"] == {"enforced": True}
    assert model["description"].startswith("One row per ")
    assert set(described(model)) == set(types_of(model))


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_model_selects_the_contract_and_picks_its_version(feed):
    sql = (STAGING / f"stg_feeds__{feed.name}.sql").read_text(encoding="utf-8")
    known_at = f", known_at='{feed.known_at}'" if feed.known_at else ""
    assert f"raw_source('{feed.name}'{known_at})" in sql

    final = sql.partition("final as (")[2]
    selected = re.findall(r"^        (?:{{.*}} as |cast\(.*\) as )?(\w+),?$", final, re.MULTILINE)
    assert sorted(selected) == sorted([*contract_types(feed), *ADDED.get(feed.name, {}), *LINEAGE])

    if feed.name == "events":
        assert "deduplicated" not in sql
        return
    order = f", order={feed.dedup_order.split(', ')!r}" if feed.dedup_order else ""
    assert f"deduplicated('source', key={list(feed.dedup_key)!r}{order})" in sql
