"""`segments lint`: each check by the example of its own page, the logic against brute force, no crash on anything."""

from __future__ import annotations

import itertools
import time
from datetime import date
from pathlib import Path

import pytest
import segment_pages
import yaml
from budget import runs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentry.definitions.catalogue import Feature, read_catalogue
from segmentry.definitions.findings import CHECKS
from segmentry.definitions.model import Group, Header, Rule, Segment, read_definitions
from segmentry.definitions.operators import OPERATORS
from segmentry.segments.lint import Limits, lint
from segmentry.segments.logic import TooComplexError, passing, remainder

ROOT = Path(__file__).resolve().parents[3]


def rules(*leaves: str, **more: object) -> str:
    return yaml.safe_dump({"segments": [{"rules": {"all": [yaml.safe_load(leaf) for leaf in leaves]} | more}]})


# ---- the pages


@pytest.mark.parametrize("code", CHECKS)
def test_the_example_of_each_page_gives_its_code_and_the_remedy_nothing(code: str, tmp_path: Path) -> None:
    blocks = segment_pages.blocks(code)
    found = segment_pages.findings(tmp_path / "found", blocks["Found"], blocks.get("Before"))
    assert {finding.code for finding in found} == {code}, [str(finding) for finding in found]
    right = segment_pages.findings(tmp_path / "right", blocks["Remedy"], blocks.get("Before"))
    assert [str(finding) for finding in right] == []


def test_there_is_a_page_for_each_check_and_no_other() -> None:
    assert {path.stem for path in segment_pages.PAGES.glob("SEG*.md")} == set(CHECKS)
    readme = (segment_pages.PAGES / "README.md").read_text()
    assert all(f"[{code}]({code}.md) | {title} |" in readme for code, title in CHECKS.items())
    for code, title in CHECKS.items():
        assert (segment_pages.PAGES / f"{code}.md").read_text().startswith(f"# {code}: {title}\n")


# ---- what a message says


def test_a_finding_names_file_and_line_and_the_likely_word(tmp_path: Path) -> None:
    lines = segment_pages.blocks("SEG101")["Remedy"].replace("active_days_28d", "active_day_28d")
    (finding,) = segment_pages.findings(tmp_path, lines)
    # the first line of the example is the file's name
    number = next(n for n, line in enumerate(lines.splitlines()) if "active_day_28d" in line)
    assert str(finding).startswith(f"{segment_pages.FILE}:{number}: SEG201 segment power_user, rule days28: ")
    assert finding.message.endswith("Did you mean active_days_28d?")


def test_one_mistake_does_not_hide_the_others(tmp_path: Path) -> None:
    example = yaml.safe_dump(
        {
            "segments": [
                {
                    "key": "first",
                    "owner": None,
                    "rules": {"all": [{"id": "a", "feature": "nope", "op": "gte", "value": 1}]},
                },
                {"key": "second", "rules": {"all": [{"id": "a", "feature": "mrr", "op": "above", "value": 1}]}},
                {"key": "third", "rules": {"all": [{"id": "a", "feature": "mrr", "op": "gte", "value": "1"}]}},
            ]
        }
    )
    codes = [finding.code for finding in segment_pages.findings(tmp_path, example)]
    assert sorted(codes) == ["SEG102", "SEG202", "SEG204"]


# ---- contradictions and what cannot be reached


MRR = "{{id: {0}, feature: mrr, op: {1}, value: {2}}}"


@pytest.mark.parametrize(
    ("leaves", "more", "is_found"),
    [
        ([MRR.format("a", "gt", 5), MRR.format("b", "lt", 3)], {}, True),
        ([MRR.format("a", "gt", 5), MRR.format("b", "lte", 5)], {}, True),
        ([MRR.format("a", "gte", 5), MRR.format("b", "lte", 5)], {}, False),
        # whole numbers: nothing lies between 5 and 6; money does
        (
            [
                "{id: a, feature: active_days_28d, op: gt, value: 5}",
                "{id: b, feature: active_days_28d, op: lt, value: 6}",
            ],
            {},
            True,
        ),
        ([MRR.format("a", "gt", 5), MRR.format("b", "lt", 6)], {}, False),
        ([MRR.format("a", "gt", 5), "{all: [{all: [" + MRR.format("b", "lt", 3) + "]}]}"], {}, True),
        ([MRR.format("a", "gt", 5)], {"none": [{"id": "b", "feature": "mrr", "op": "gt", "value": 3}]}, True),
        ([MRR.format("a", "gt", 5)], {"none": [{"id": "b", "feature": "mrr", "op": "gt", "value": 8}]}, False),
        ([MRR.format("a", "gt", 5)], {"any": [{"id": "b", "feature": "mrr", "op": "lt", "value": 3}]}, True),
        (
            [
                "{id: a, feature: country_code, op: in, value: [DE, FR]}",
                "{id: b, feature: country_code, op: eq, value: IT}",
            ],
            {},
            True,
        ),
        (
            [
                "{id: a, feature: country_code, op: not_in, value: [DE]}",
                "{id: b, feature: country_code, op: eq, value: DE}",
            ],
            {},
            True,
        ),
        (
            ["{id: a, feature: is_paying, op: neq, value: true}", "{id: b, feature: is_paying, op: neq, value: false}"],
            {},
            True,
        ),
        (["{id: a, feature: mrr, op: is_null}", MRR.format("b", "gte", 0)], {}, True),
        (
            [
                "{id: a, feature: last_ordered_on, op: gte, value: 2026-02-01}",
                "{id: b, feature: last_ordered_on, op: lt, value: 2026-02-01}",
            ],
            {},
            True,
        ),
        (
            [
                "{id: a, feature: last_ordered_on, op: days_since_gte, value: 30}",
                "{id: b, feature: last_ordered_on, op: days_since_lte, value: 29}",
            ],
            {},
            True,
        ),
        (
            [
                "{id: a, feature: last_ordered_on, op: days_since_gte, value: 30}",
                "{id: b, feature: last_ordered_on, op: days_since_lte, value: 30}",
            ],
            {},
            False,
        ),
    ],
)
def test_contradictions(tmp_path: Path, leaves: list[str], more: dict[str, object], is_found: bool) -> None:
    found = segment_pages.findings(tmp_path, rules(*leaves, **more))
    assert [finding.code for finding in found] == ["SEG301"] * is_found, [str(finding) for finding in found]


def test_the_two_rules_that_contradict_are_named(tmp_path: Path) -> None:
    (finding,) = segment_pages.findings(
        tmp_path, rules(MRR.format("a", "gt", 5), MRR.format("c", "gt", 1), MRR.format("b", "lt", 3))
    )
    assert "rules a and b cannot both hold" in finding.message


def test_what_several_earlier_segments_cover_together_cannot_be_reached(tmp_path: Path) -> None:
    def segment(key: str, *leaves: dict[str, object]) -> dict[str, object]:
        return {"key": key, "rules": {"all": list(leaves)}}

    def example(high: int) -> str:
        low = {"id": "low", "feature": "mrr", "op": "lt", "value": 10}
        big = {"id": "big", "feature": "mrr", "op": "gte", "value": 10}
        middle = {"id": "middle", "feature": "mrr", "op": "between", "value": [5, high]}
        upper = {"id": "upper", "feature": "mrr", "op": "lte", "value": 20}
        segments = [segment("low", low), segment("big", big, upper), segment("middle", middle)]
        return yaml.safe_dump({"exclusive": True, "segments": segments})

    (finding,) = segment_pages.findings(tmp_path / "covered", example(20))
    assert finding.code == "SEG304"
    assert "low or big" in finding.message
    assert segment_pages.findings(tmp_path / "open", example(21)) == []


# ---- the logic against brute force: every combination of values, by rules written down here a second time

VALUES = {"mrr": [None, 0, 1, 2, 3], "active_days_28d": [None, 0, 1, 2, 3], "is_paying": [None, True, False]}
FEATURES = {
    "mrr": Feature("mrr", "number"),
    "active_days_28d": Feature("active_days_28d", "integer"),
    "is_paying": Feature("is_paying", "boolean"),
}
NUMBER = st.integers(0, 3)


def leaf(draw) -> dict[str, object]:
    feature = draw(st.sampled_from(sorted(VALUES)))
    if feature == "is_paying":
        op = draw(st.sampled_from(["eq", "neq", "is_null", "not_null"]))
        value: object = draw(st.booleans())
    else:
        op = draw(
            st.sampled_from(["eq", "neq", "gt", "gte", "lt", "lte", "in", "not_in", "between", "is_null", "not_null"])
        )
        value = draw(NUMBER)
        if op in {"in", "not_in"}:
            value = draw(st.lists(NUMBER, min_size=1, max_size=3))
        elif op == "between":
            value = sorted(draw(st.tuples(NUMBER, NUMBER)))
    return {"id": "r", "feature": feature, "op": op} | ({} if op in {"is_null", "not_null"} else {"value": value})


@st.composite
def trees(draw, depth: int = 2) -> dict[str, object]:
    child = st.composite(leaf)() if depth == 0 else st.one_of(st.composite(leaf)(), trees(depth - 1))
    names = draw(st.sets(st.sampled_from(["all", "any", "none"]), min_size=1))
    return {name: draw(st.lists(child, min_size=1, max_size=2)) for name in sorted(names)}


def verdict(node: dict[str, object], row: dict[str, object]) -> bool | None:
    """Kleene's logic: a missing value is neither true nor false."""
    if "op" in node:
        seen, value, op = row[node["feature"]], node.get("value"), node["op"]
        if op in {"is_null", "not_null"}:
            return (seen is None) == (op == "is_null")
        if seen is None:
            return None
        return {
            "eq": lambda: seen == value,
            "neq": lambda: seen != value,
            "gt": lambda: seen > value,
            "gte": lambda: seen >= value,
            "lt": lambda: seen < value,
            "lte": lambda: seen <= value,
            "in": lambda: seen in value,
            "not_in": lambda: seen not in value,
            "between": lambda: value[0] <= seen <= value[1],
        }[op]()
    verdicts = [verdict(child, row) for child in node.get("all", [])]
    verdicts += [None if (v := verdict(child, row)) is None else not v for child in node.get("none", [])]
    if "any" in node:
        options = [verdict(child, row) for child in node["any"]]
        verdicts.append(True if True in options else None if None in options else False)
    return False if False in verdicts else None if None in verdicts else True


ROWS = [dict(zip(VALUES, row, strict=True)) for row in itertools.product(*VALUES.values())]


def holds(box, row) -> bool:
    def inside(values, value) -> bool:
        if value is None:
            return values.null
        if values.intervals is not None:
            return any(low <= (value, 0) < high for low, high in values.intervals)
        return (value in values.members) != values.is_complement

    return all(inside(values, row[name]) for name, values in box.items())


@pytest.mark.long
@settings(max_examples=runs(150, 5000), deadline=None)
@given(trees(), trees())
def test_boxes_say_what_kleenes_logic_says(first, second) -> None:
    try:
        one = passing(Group.model_validate(first), FEATURES)
        two = passing(Group.model_validate(second), FEATURES)
        rest = remainder(one, two)
    except TooComplexError:
        return
    for row in ROWS:
        passes = verdict(first, row) is True
        assert any(holds(box, row) for box in one) == passes
        assert any(holds(box, row) for box in rest) == (passes and verdict(second, row) is not True)


# ---- anything at all as YAML

PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates())
KEYS = st.sampled_from([*Header.model_fields, *Segment.model_fields, *Rule.model_fields, *Group.model_fields, "given"])
WORDS = st.sampled_from(
    [*OPERATORS, "mrr", "active_days_28d", "country_code", "engagement.power_user", "customer", "in"]
)
ANYTHING = st.recursive(
    PLAIN | WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)


@pytest.mark.long
@settings(max_examples=runs(150, 5000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANYTHING, st.lists(ANYTHING, max_size=3))
def test_lint_answers_to_any_yaml(tmp_path: Path, odd: object, segments: list[object]) -> None:
    whole = segment_pages.base() | {"segments": [*segments, segment_pages.base()["segments"][0] | {"rules": odd}]}
    for text in (segment_pages.text_of(whole), yaml.safe_dump(odd), yaml.safe_dump({"previous_versions": odd})):
        for finding in segment_pages.findings(tmp_path, f"# {segment_pages.FILE}\n{text}"):
            assert finding.code in CHECKS
            assert finding.line >= 1


HEADER = "dimension: engagement, entity: customer, exclusive: true"


@pytest.mark.parametrize(
    "text",
    [
        "&a [*a]",
        f"&m {{segments: [*m], {HEADER}}}",
        f"{{segments: [{{rules: &r {{all: [*r]}}}}], {HEADER}}}",
        f"{{segments: [2026-02-31], {HEADER}}}",
        "segments: " + "[" * 3000,
        "segments: {? [a] : b}",
        "segments: !!python/object:os.system x",
        "segments: \x00",
        "",
    ],
)
def test_lint_answers_to_hostile_yaml(tmp_path: Path, text: str) -> None:
    found = segment_pages.findings(tmp_path, f"# {segment_pages.FILE}\n{text}\n")
    assert found


def test_a_bomb_of_aliases_is_refused_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
    head = "dimension: engagement\nentity: customer\nexclusive: true\nsegments: [{rules: {all: *a11}}]"
    started = time.process_time()
    found = segment_pages.findings(tmp_path, "\n".join([f"# {segment_pages.FILE}", *lines, head, ""]))
    assert {finding.code for finding in found} == {"SEG101"}
    assert time.process_time() - started < 5


# ---- this project


def test_this_project_lints_clean_in_two_seconds() -> None:
    started = time.process_time()
    found = lint(read_definitions(ROOT), read_catalogue(ROOT), Limits(history_weeks=104, as_of=date(2026, 11, 1)))
    assert [str(finding) for finding in found] == []
    assert time.process_time() - started < 2


def test_the_catalogue_of_this_project_is_seen() -> None:
    catalogue = read_catalogue(ROOT)
    assert catalogue.features["customer"]["active_days_28d"] == Feature(
        "active_days_28d", "integer", 28, declared="integer"
    )
    assert catalogue.features["account"]["mrr"].kind == "number"
    assert {"kpi_churn", "churn", "churn_rate_opening", "kpi_churn.churn_rate_opening"} <= catalogue.kpis
