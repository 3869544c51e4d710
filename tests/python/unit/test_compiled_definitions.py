"""What follows from the definitions: it is current, it names its source, and each list of dimensions is complete."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest
import yaml
from definition_cases import ROOT, audience, compiler, definition, leaf, read, rows_of, segment
from typer.testing import CliRunner

from segmentry.cli import app
from segmentry.definitions.command import check, compile_definitions
from segmentry.definitions.compiled import MARK, compiled_files
from segmentry.definitions.hashes import definition_hash, rule_hash, rule_key
from segmentry.definitions.model import FOLDER, Segment, read_definitions
from segmentry.definitions.operators import OPERATORS
from segmentry.definitions.schema import SCHEMA_FILE, schema_text
from segmentry.definitions.seeds import seeds
from segmentry.errors import DefinitionsFailedError

MANY = leaf("orders", "gte", 5)
SOME = leaf("orders", "gte", 2)


def size(**more):
    return definition("size", segment("a", MANY), segment("b", SOME, version=2), **more)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with this project's features and one definition, compiled."""
    root = tmp_path / "project"
    shutil.copytree(ROOT / "models" / "marts" / "core", root / "models" / "marts" / "core")
    folder = root / FOLDER / "segments"
    folder.mkdir(parents=True)
    shutil.copyfile(ROOT / FOLDER / "segments" / "engagement.yml", folder / "engagement.yml")
    compile_definitions(root)
    return root


# ---- this project


def test_every_compiled_file_of_this_project_is_current_and_the_check_is_quick():
    started = time.process_time()
    assert check(ROOT) > 80
    assert time.process_time() - started < 2


def test_each_file_names_the_schema_that_is_generated_from_the_models():
    assert (ROOT / SCHEMA_FILE).read_text() == schema_text()
    schema = json.loads(schema_text())
    said = {entry["const"]: entry["description"] for entry in schema["$defs"]["Rule"]["properties"]["op"]["oneOf"]}
    assert said == {name: operator.meaning for name, operator in OPERATORS.items()}
    assert set(Segment.model_fields) == set(schema["$defs"]["Segment"]["properties"])
    files = sorted((ROOT / FOLDER).glob("*/*.yml"))
    assert len(files) == 25
    for path in files:
        first = path.read_text().splitlines()[0]
        assert first == "# yaml-language-server: $schema=../schema/definition.json", path


# ---- writing and checking


def test_compiled_files_name_their_source_and_nothing_is_written_twice(project: Path):
    files = compiled_files(read_definitions(project), project)
    for path, text in files.items():
        assert path.read_text() == text
        assert MARK in text.splitlines()[0] or path.suffix == ".csv"
    view = (project / "models/marts/segments/seg_engagement.sql").read_text()
    assert "definitions/segments/engagement.yml" in view.splitlines()[0]
    assert compile_definitions(project) == ([], [])


def test_a_changed_rule_is_noticed_with_the_files_and_the_remedy(project: Path, tmp_path: Path):
    path = project / FOLDER / "segments" / "engagement.yml"
    path.write_text(path.read_text().replace("op: lt, value: 14}", "op: lt, value: 15}"))
    with pytest.raises(DefinitionsFailedError, match=r"int_customer_segments\.sql") as error:
        check(project)
    assert "segmentry definitions compile" in error.value.remedy
    words = ["--home", str(tmp_path / "home"), "--project-dir", str(project), "definitions", "compile"]
    assert CliRunner().invoke(app, [*words, "--check"]).exit_code == 4
    written = CliRunner().invoke(app, words)
    assert written.exit_code == 0, written.output
    assert "Written: models/intermediate/segments/int_customer_segments.sql" in written.output
    assert CliRunner().invoke(app, [*words, "--check"]).exit_code == 0
    assert "tenure_days < 15" in (project / "models/intermediate/segments/int_customer_segments.sql").read_text()


def test_files_of_a_definition_that_is_gone_are_removed(project: Path):
    view = project / "models/marts/segments/seg_engagement.sql"
    own = view.with_name("seg_own.sql")
    own.write_text("select 1\n")
    (project / FOLDER / "segments" / "engagement.yml").unlink()
    with pytest.raises(DefinitionsFailedError, match=r"seg_engagement\.sql"):
        check(project)
    compile_definitions(project)
    assert not view.exists()
    assert own.exists(), "what somebody wrote by hand stays"


def test_what_cannot_be_read_is_not_compiled(project: Path):
    (project / FOLDER / "segments" / "engagement.yml").write_text("dimension: [\n")
    with pytest.raises(DefinitionsFailedError, match="SEG101"):
        compile_definitions(project)


def test_an_overlay_replaces_a_definition_and_owns_its_view(project: Path, tmp_path: Path):
    overlay = tmp_path / "overlay"
    folder = overlay / FOLDER / "segments"
    folder.mkdir(parents=True)
    text = (project / FOLDER / "segments" / "engagement.yml").read_text()
    (folder / "engagement.yml").write_text(text.replace("op: lt, value: 14}", "op: lt, value: 15}"))
    (dimension,) = read_definitions(project, overlay).dimensions
    assert dimension.root == overlay
    assert dimension.source["segments"][0]["rules"]["all"][0]["value"] == 15
    files = compiled_files(read_definitions(project, overlay), project)
    assert overlay / "models/marts/segments/seg_engagement.sql" in files
    assert project / "models/marts/segments/seg_engagement.sql" not in files


# ---- lists of dimensions


def test_dimensions_by_entity_and_kind():
    made = compiler(
        size(),
        definition("plan", segment("a", leaf("members", "gt", 1)), entity="account"),
        audience("big", MANY),
        definition("cohort", segment("c", MANY), kpi_breakdown=False),
    )
    assert [d.name for d in made.exclusive("customer")] == ["cohort", "plan", "size"]
    assert [d.name for d in made.exclusive("account")] == ["plan"]
    assert made.in_sets("customer") == ["plan", "size"]
    assert made.in_sets("account") == ["plan"]
    made_seeds = seeds(made)
    assert {row["dimension"]: row["definition_version"] for row in made_seeds["dimension_definitions"]} == {
        "big": 1,
        "cohort": 1,
        "plan": 1,
        "size": 2,
    }
    keys = [(row["dimension"], row["segment_key"], row["sort_order"]) for row in made_seeds["segment_definitions"]]
    assert keys[-3:] == [("size", "a", 1), ("size", "b", 2), ("size", "unknown", 3)]
    assert ("big", "big", 1) in keys
    assert ("big", "unknown", 2) not in keys


def test_a_new_dimension_is_in_every_list(project: Path):
    path = project / FOLDER / "segments" / "loyalty.yml"
    text = (project / FOLDER / "segments" / "engagement.yml").read_text()
    path.write_text(text.replace("dimension: engagement", "dimension: loyalty"))
    written, _ = compile_definitions(project)
    names = {file.name for file in written}
    assert names >= {
        "seg_loyalty.sql",
        "seg_loyalty.yml",
        "loyalty__unit_tests.yml",
        "int_customer_segments.sql",
        "int_customer_segments.yml",
        "int_segment_sets.sql",
        "segment_membership_history.sql",
        "segment_explanations.sql",
        "dimension_definitions.csv",
        "segment_definitions.csv",
        "segment_rules.csv",
    }


def test_set_key_tells_dimensions_apart():
    for parts, rows in ((["'|a=' || a", "'|b=' || b"], [(2,)]), ([], [(1,)])):
        key = "\n".join(compiler(size()).dialect.key(parts))
        assert rows_of(f"select count(distinct {key}) from (values ('x', 'y'), ('y', 'x')) as t(a, b)") == rows


# ---- versions


def changed(**more):
    """Of size, `a` was 9 orders and more until the end of 2025."""
    old = [segment("a", leaf("orders", "gte", 9)), segment("b", SOME)]
    new = [segment("a", MANY, version=2), segment("b", SOME)]
    return definition("size", *new, previous_versions=[{"retired_on": "2025-12-31", "segments": old}], **more)


def test_a_definition_that_was_replaced_is_compiled_for_the_history():
    made = compiler(changed())
    (old,) = made.retired
    assert (old.name, old.title, str(old.retired_on), old.version) == ("size__v1", "size", "2025-12-31", 1)
    now, before = seeds(made)["dimension_definitions"]
    assert (now["state"], now["retired_on"], now["definition_version"]) == ("size", None, 2)
    assert (before["state"], str(before["retired_on"]), before["definition_version"]) == ("size__v1", "2025-12-31", 1)
    plain = compiler(definition("size", segment("a", leaf("orders", "gte", 9)), segment("b", SOME)))
    assert before["definition_hash"] == seeds(plain)["dimension_definitions"][0]["definition_hash"]
    assert made.in_sets("customer") == ["size", "size__v1"]
    assert compiler(changed(kpi_breakdown=False)).in_sets("customer") == []
    assert "size__v1" in made.entity_segments("customer")
    assert "size__v1" not in str(seeds(made)["segment_rules"])
    assert "when orders >= 9 then 'a'" in made.entity_segments("customer")


def test_customers_have_the_replaced_segments_of_their_account():
    made = compiler(
        changed(entity="account")
        | {"segments": [segment("a", leaf("members", "gt", 1), version=2)]}
        | {"previous_versions": [{"retired_on": "2025-12-31", "segments": [segment("a", leaf("members", "gt", 2))]}]}
    )
    assert made.in_sets("customer") == made.in_sets("account") == ["size", "size__v1"]
    assert "coalesce(accounts.size__v1, 'unknown') as size__v1" in made.entity_segments("customer")


def test_the_hash_is_that_of_the_rules_alone():
    def hash_of(**more):
        (dimension,) = read(definition("size", segment("a", MANY) | more)).dimensions
        return rule_hash(dimension, 0), definition_hash(dimension)

    first = hash_of()
    assert hash_of(owner="x", tactic="y", name="z", version=9, fixtures=[]) == first
    assert hash_of(exit_after_days=1)[0] != first[0]
    assert hash_of(rules={"all": [leaf("orders", "gte", 6)]})[1] != first[1]
    assert hash_of(rules={"any": [MANY]})[0] != first[0]


def test_rules_have_numbers_of_their_own():
    rows = seeds(compiler(size(), audience("big", MANY)))["segment_rules"]
    assert len({row["rule_key"] for row in rows}) == 3
    assert rule_key("size", "a", "r") == next(row["rule_key"] for row in rows if row["segment_key"] == "a")
    with (ROOT / "seeds/definitions/segment_rules.csv").open() as lines:
        keys = [line.split(",")[1] for line in lines][1:]
    assert len(keys) == len(set(keys)) > 90


# ---- explanations


def said_of_rules(rules, *names):
    """What segment_explanations says of one literal customer's rules."""
    made = compiler(audience("d", rules))
    row = "select '1' as customer_id, 6 as orders, 0.5e0 as score, date '2026-01-01' as first_seen_on, 'x' as plan_id"
    row += ", date '2026-01-31' as as_of_date, false as in_d"
    found = made._explained("customer")
    return [tuple(rows_of(f"select {said[name] or 'null'} from ({row})")[0][0] for name in names) for said in found]


def test_explanations_show_what_each_rule_saw():
    """6 orders pass by 1; 30 days since the first are 70 from 100."""
    rules = {"all": [MANY | {"id": "many"}], "none": [leaf("first_seen_on", "days_since_lte", 100)]}
    assert said_of_rules(rules, "value_seen", "is_passed", "distance", "is_member") == [
        ("6", True, 1.0, False),
        ("2026-01-01", True, 70.0, False),
    ]


@pytest.mark.parametrize(
    ("rule", "distance"),
    [
        (leaf("orders", "between", [2, 9]), 3),  # 6 is 3 below the upper bound
        (leaf("orders", "between", [9, 20]), 3),
        (leaf("first_seen_on", "between", ["2025-12-01", "2026-01-03"]), 2),  # 2026-01-01, in days
        (leaf("first_seen_on", "gte", "2026-02-01"), 31),
        (leaf("orders", "neq", 2), None),
        (leaf("plan_id", "in", ["x"]), None),
        (leaf("plan_id", "eq", "x"), None),
    ],
)
def test_distance_is_that_to_the_nearest_threshold(rule, distance):
    assert said_of_rules({"all": [rule]}, "distance") == [(distance,)]


# ---- YAML


def test_the_unit_test_of_a_dimension_has_its_fixtures(project: Path):
    path = project / "models/intermediate/segments/fixtures/engagement__unit_tests.yml"
    (test,) = yaml.safe_load(path.read_text())["unit_tests"]
    given = {row["customer_id"]: row for row in test["given"][0]["rows"]}
    expected = {row["customer_id"]: row["engagement"] for row in test["expect"]["rows"]}
    segments = yaml.safe_load((project / FOLDER / "segments" / "engagement.yml").read_text())["segments"]
    assert len(given) == sum(len(one["fixtures"]) for one in segments)
    # written down here: 13 days are new, 14 with nothing else known are unknown, 27 silent days are active
    assert [expected[name] for name in list(given)[:3]] == ["new", "unknown", "active"]
