"""The project keeps the house rules. A failure lists each violation with its file and the remedy."""

from __future__ import annotations

import re

import house_project
import house_rules
import pytest
from house_project import ROOT, files

# ---- stated exceptions, each with its reason; one that is no longer needed fails its rule

NO_KEY = {
    "stg_feeds__events": "not deduplicated: too big; int_events keeps one record per event_key, which is tested",
}
READS_ELSEWHERE = {
    "publish_ledger": "shows what the publisher wrote down, which no earlier layer has",
    "feed_ledger": "holds landing's own counts against the warehouse, so it reads both",
}
ALWAYS_THERE = {"feeds", "models"}
"""Folders of staging that are no preset: the canonical feeds, and what fits keep."""
NO_UNIT_TEST = {
    "dim_segments": "reads definitions, no rows; its macros are tested, and assert_dim_segments_are_the_definitions",
}
NO_MACRO_TEST = {
    "generate_schema_name": "every model's schema in the manifest is its result; see test_schema_is_the_folder",
}

PER_HEAD = "an amount per head, order or customer"
ON_THE_TOTAL = "known of all together alone, and NULL by segment"
KEY = "a part of the key of the row"
OF_THE_SEGMENT = "repeats what the segment has in all beside each row that it has"
OWN_LAW = "of quotients as well; its law is assert_kpi_change_attribution_invariants"
CHOSEN = "of the metric that a var chooses, a quotient perhaps; the attribution it is taken from has the law"
ADDS_UP_TO_NOTHING = {
    "kpi_active_customers.anonymous_visitors": ON_THE_TOTAL,
    "kpi_active_customers.days_elapsed": "the length of the period",
    "kpi_retention.period_number": KEY,
    "kpi_retention.bracket_from": KEY,
    "kpi_retention.bracket_to": KEY,
    "kpi_acquisition.spend_per_signup": PER_HEAD,
    "kpi_acquisition.cac": PER_HEAD,
    "kpi_acquisition.ltv_per_customer": PER_HEAD,
    "kpi_acquisition.payback_months": "a duration",
    "kpi_revenue.average_order_value": PER_HEAD,
    "kpi_arpu.arpu": PER_HEAD,
    "kpi_arpu.arppu": PER_HEAD,
    "kpi_arpu.arpa": PER_HEAD,
    "kpi_clv.historical_clv_per_customer": PER_HEAD,
    "kpi_nps.responses": ON_THE_TOTAL,
    "kpi_nps.sent_to": ON_THE_TOTAL,
    "kpi_support_needs.tickets_total": OF_THE_SEGMENT,
    "kpi_devices.sessions_total": OF_THE_SEGMENT,
    "kpi_devices.customers_total": OF_THE_SEGMENT,
    "kpi_change_attribution.value_before": OWN_LAW,
    "kpi_change_attribution.value_before_restated": OWN_LAW,
    "kpi_change_attribution.value_after": OWN_LAW,
    "kpi_change_attribution.value_change": OWN_LAW,
    "kpi_change_attribution.behaviour_effect": OWN_LAW,
    "kpi_change_attribution.mix_effect": OWN_LAW,
    "kpi_change_attribution.volume_effect": OWN_LAW,
    "kpi_change_attribution.restatement_effect": OWN_LAW,
    "kpi_change_attribution.definition_effect": OWN_LAW,
    "kpi_north_star.metric_value": CHOSEN,
    "kpi_north_star.target": "a plan, of all and of single segments",
    "kpi_north_star.value_before": CHOSEN,
    "kpi_north_star.value_change": CHOSEN,
    "kpi_north_star.behaviour_effect": CHOSEN,
    "kpi_north_star.mix_effect": CHOSEN,
    "kpi_north_star.volume_effect": CHOSEN,
    "kpi_north_star.restatement_effect": CHOSEN,
    "kpi_north_star.definition_effect": CHOSEN,
}
NO_RATE_OF_SOME = {
    "kpi_north_star": "its quotient is of a value and its target, not of some of the customers",
}


@pytest.fixture(scope="module")
def models(dbt_manifest):
    return house_project.models(dbt_manifest)


@pytest.fixture(scope="module")
def actual(dbt_manifest):
    return house_project.actual_columns(dbt_manifest)


def holds(violations: list[str]) -> None:
    if violations:
        pytest.fail("\n".join(["", *violations]), pytrace=False)


def test_the_project_is_seen(models, actual):
    """A reader that finds nothing would keep every rule."""
    found = {
        "models": len(models),
        "bound models": len(actual),
        "unit tests": len(house_project.unit_tests()),
        "column texts": len(house_project.column_texts()),
        "doc blocks": len(house_project.doc_blocks()),
        "macros": len(house_project.macros()),
        "read vars": len(house_project.read_vars()),
        "committed files": len(house_project.committed_files()),
    }
    at_least = dict.fromkeys(found, 10) | {
        "models": 100,
        "bound models": 80,
        "column texts": 800,
        "committed files": 250,
    }
    assert {name: count for name, count in found.items() if count < at_least[name]} == {}
    presets = {m.path.split("/")[2] for m in models if m.layer == "staging"}
    assert presets == {path.name for path in (ROOT / "models" / "staging").iterdir() if path.is_dir()}


def test_models_say_their_grain(models):
    holds(house_rules.without_grain(models))


def test_columns_are_described(models, actual):
    holds(house_rules.undescribed_columns(models, actual))


def test_columns_are_described_once():
    holds(house_rules.described_twice(house_project.column_texts()))


def test_doc_blocks_are_used():
    text = "\n".join(text for _, text in files(".yml", "models"))
    holds(house_rules.unused_doc_blocks(house_project.doc_blocks(), text))


def test_models_have_a_tested_key(models):
    holds(house_rules.unkeyed(models, NO_KEY))


def test_columns_that_are_never_null_share_a_scan(models):
    holds(house_rules.scattered_not_nulls(models))


def test_counts_and_amounts_by_segment_add_up(models):
    holds(house_rules.without_parts_law(models, ADDS_UP_TO_NOTHING))


def test_rates_by_segment_say_where_they_rest_on_few(models):
    holds(house_rules.without_small_n(models, NO_RATE_OF_SOME))


def test_staging_and_marts_enforce_their_contract(models):
    holds(house_rules.without_contract(models))


def test_marts_and_logic_have_a_unit_test(models):
    tested = {model for _, model in house_project.unit_tests()}
    exceptions = {
        m.name: "shows its members alone, and is written by the compiler; another view of its form has a test"
        for m in models
        if m.name.startswith(("seg_", "audience_")) and house_rules.is_compiled(m.sql) and m.name not in tested
    }
    holds(house_rules.without_unit_test(models, house_project.unit_tests(), exceptions | NO_UNIT_TEST))


def test_unit_tests_are_named_after_their_model():
    holds(house_rules.misnamed_unit_tests(house_project.unit_tests()))


def test_macros_are_documented():
    holds(house_rules.undocumented_macros(house_project.macros(), house_project.documented_macros()))


def test_macros_are_tested():
    holds(house_rules.untested_macros(house_project.macros(), house_project.macro_tests(), NO_MACRO_TEST))


def test_schema_is_the_folder(dbt_manifest):
    """Folder = layer = schema; marts have one schema per folder."""
    wrong = [
        f"{node['original_file_path']}: schema {node['schema']}. Set +schema of its folder in dbt_project.yml."
        for node in dbt_manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] != node["fqn"][2 if node["fqn"][1] == "marts" else 1]
    ]
    holds(wrong)


def test_vars_are_declared_validated_and_read():
    declared, validated = house_project.declared_vars(), house_project.validated_vars()
    holds(house_rules.wrong_vars(declared, validated, house_project.read_vars()))


def test_files_are_short():
    yaml = dict(files(".yml", "models", "macros", "seeds", "contracts", "tests/dbt"))
    holds(house_rules.too_long(yaml | dict(files(".sql", "models"))))


def test_nothing_reads_the_wall_clock():
    holds(house_rules.wall_clock(dict(files(".sql", "models", "macros", "tests/dbt"))))


def test_no_decimal_literal_is_divided():
    holds(house_rules.divided_decimals(dict(files(".sql", "models", "macros"))))


def test_money_is_decimal(models, actual):
    holds(house_rules.float_money(models))
    holds(house_rules.float_money(house_project.with_types(models, actual)))


def test_refs_have_no_alias():
    holds(house_rules.aliased_refs(dict(files(".sql", "models", "macros"))))


def test_models_end_with_final(models):
    holds(house_rules.without_final(models))


def test_data_goes_one_way(models):
    holds(house_rules.against_the_way(models, READS_ELSEWHERE))


def test_staging_is_read_through_the_preset(models):
    holds(house_rules.past_the_preset(models))


def test_no_machine_path_and_no_secret_is_committed():
    holds(house_rules.unwanted_text(house_project.committed_files()))


def test_lock_file_names_no_registry():
    assert not re.findall(r"https?://\S+|--index-url|--extra-index-url", (ROOT / "requirements.lock").read_text())


def test_every_preset_is_linted():
    """A preset's models exist only under their preset, so the folder says under which var sqlfluff renders them."""
    staging = ROOT / "models" / "staging"
    without = [
        f"{folder.relative_to(ROOT)}: no .sqlfluff that sets the preset. Copy the one of another preset's folder."
        for folder in staging.iterdir()
        if folder.is_dir()
        and folder.name not in ALWAYS_THERE
        and f"preset = {folder.name}\n" not in _text(folder / ".sqlfluff")
    ]
    holds(without)


def _text(path):
    return path.read_text(encoding="utf-8") if path.is_file() else ""
