"""Rules over a data frame, run by Great Expectations. The outcome is counts, never values of the data."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["warning", "error"]
Kind = Literal["between", "not_null", "in_set", "matches", "columns"]


@dataclass(frozen=True)
class Limits:
    """Both ends inclusive; None is open."""

    minimum: float | None
    maximum: float | None


@dataclass(frozen=True)
class Rule:
    """What a column (for kind `columns`, the frame) must be, and the check and severity of a breach.

    `of` is what the kind needs: Limits, the allowed values, a regular expression, or the names of the columns.
    A missing value breaks no rule but `not_null`.
    """

    check: str
    kind: Kind
    column: str
    severity: Severity
    of: Any = None

    def text(self) -> str:
        """The rule in words."""
        if self.kind == "between":
            low, high = self.of.minimum, self.of.maximum
            if low is None or high is None:
                return f"{self.column} {f'at most {high:g}' if low is None else f'at least {low:g}'}"
            return f"{self.column} from {low:g} to {high:g}"
        words = {"not_null": "is filled", "in_set": "in its value set", "matches": "in its format"}
        return f"{self.column} {words[self.kind]}" if self.kind in words else "the contract's columns are there"


class Outcome(BaseModel):
    """The outcome of a rule: rows checked and rows that break it.

    `measured` is the figure of a frame of measures, which has one row.
    """

    check: str
    rule: str
    severity: Severity
    passed: bool
    rows: int
    failed_rows: int
    measured: float | None = None

    def text(self) -> str:
        """What was asked and what was found."""
        if self.measured is not None:
            return f"{self.rule}, measured {self.measured:,.4g}"
        return f"{self.rule}: not so in {self.failed_rows:,} of {self.rows:,} rows"


def validate(frame: pd.DataFrame, rules: Sequence[Rule]) -> list[Outcome]:
    """Run the rules over a frame in one Great Expectations suite. The outcomes are in the order of the rules."""
    if not rules:
        return []
    gx = _great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("segmentry").add_dataframe_asset("frame")
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch(batch_parameters={"dataframe": frame})
    suite = gx.ExpectationSuite(
        name="rules", expectations=[_expectation(rule, index) for index, rule in enumerate(rules)]
    )
    # counts and nothing else: by default failing values are part of the result
    result = batch.validate(suite, result_format={"result_format": "SUMMARY", "partial_unexpected_count": 0})
    found = {item.expectation_config.meta["rule"]: item for item in result.results}
    return [_outcome(rule, found[index], frame) for index, rule in enumerate(rules)]


def _great_expectations() -> Any:
    """Import Great Expectations, which takes seconds.

    Without PySpark, which is not needed: in a process that has no main file, such as a worker of Dagster, its connect
    module takes itself for a test and ends the process.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    if "pyspark" in sys.modules or "great_expectations" in sys.modules:
        return import_module("great_expectations")
    sys.modules["pyspark"] = None  # type: ignore[assignment]
    try:
        return import_module("great_expectations")
    finally:
        del sys.modules["pyspark"]


def _expectation(rule: Rule, index: int) -> Any:
    gxe: Any = import_module("great_expectations.expectations")
    common: dict[str, Any] = {
        "meta": {"rule": index},
        "severity": "critical" if rule.severity == "error" else "warning",
    }
    if rule.kind == "columns":
        return gxe.ExpectTableColumnsToMatchSet(column_set=list(rule.of), exact_match=False, **common)
    common["column"] = rule.column
    if rule.kind == "between":
        return gxe.ExpectColumnValuesToBeBetween(min_value=rule.of.minimum, max_value=rule.of.maximum, **common)
    if rule.kind == "in_set":
        return gxe.ExpectColumnValuesToBeInSet(value_set=list(rule.of), **common)
    if rule.kind == "matches":
        return gxe.ExpectColumnValuesToMatchRegex(regex=rule.of, **common)
    return gxe.ExpectColumnValuesToNotBeNull(**common)


def _outcome(rule: Rule, item: Any, frame: pd.DataFrame) -> Outcome:
    """If an expectation cannot be evaluated (a column is missing), every row breaks it."""
    counted = item.result.get("unexpected_count")
    failed = len(frame) if counted is None and not item.success else int(counted or 0)
    measured = None
    if rule.kind == "between" and len(frame) == 1 and rule.column in frame:
        value = frame[rule.column].iloc[0]
        measured = None if value is None or math.isnan(value) else float(value)
    return Outcome(
        check=rule.check,
        rule=rule.text(),
        severity=rule.severity,
        passed=bool(item.success),
        rows=len(frame),
        failed_rows=failed,
        measured=measured,
    )
