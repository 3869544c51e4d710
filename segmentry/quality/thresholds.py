"""The thresholds of quality.yml, read strictly: a misspelt key must not switch off a check."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from segmentry.errors import UsageError
from segmentry.quality.rules import Limits, Rule, Severity

FeedCheck = Literal["schema", "values", "volume", "drift", "freshness"]
"""The checks of a feed."""

FeedMeasure = Literal[
    "quarantined_share",
    "extra_columns",
    "days_since_received",
    "volume_ratio",
    "duplicate_share",
    "null_shift",
    "value_shift",
    "zero_shift",
    "mean_ratio",
]
"""What is measured of a file, or (the last four) of each of its columns."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Range(_Strict):
    """Both ends inclusive; None is open."""

    min: float | None = None
    max: float | None = None


class Threshold(_Strict):
    """The limits beyond which a figure is a warning, or stops the publish."""

    warning: Range | None = None
    error: Range | None = None

    def rules(self, check: str, measure: str) -> list[Rule]:
        """The rules of a measure with this threshold."""
        ranges: dict[Severity, Range | None] = {"warning": self.warning, "error": self.error}
        return [
            Rule(check, "between", measure, severity, Limits(limits.min, limits.max))
            for severity, limits in ranges.items()
            if limits is not None
        ]


class Measure(Threshold):
    """A threshold of a feed, and the check that it belongs to."""

    check: FeedCheck


class FeedThresholds(_Strict):
    """The thresholds of a new file."""

    min_rows: int
    trailing_days: int
    sample_rows: int
    measures: dict[FeedMeasure, Measure]
    mixes: dict[str, list[str]]


class MartThresholds(_Strict):
    """The thresholds of the marts."""

    rows_kept: Threshold
    unknown_share: Threshold
    known_kept: Threshold
    least_unknown_share: Threshold
    largest_share: Threshold
    segment_shift: Threshold
    days_behind: Threshold
    week_on_week: dict[str, Threshold]


class FreshnessThresholds(_Strict):
    """How long without a publish, or without a file of a feed, until you are notified."""

    published_hours: float
    feeds_days: dict[str, float]


class Thresholds(_Strict):
    """The whole of quality.yml."""

    feeds: FeedThresholds
    marts: MartThresholds
    freshness: FreshnessThresholds


def load_thresholds(project_dir: Path) -> Thresholds:
    """Read quality.yml of a project. Raises UsageError naming every problem."""
    path = project_dir / "quality.yml"
    try:
        return Thresholds.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: cannot be read ({type(error).__name__})", "Restore the file.") from None
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise UsageError(f"{path}: {problems}", "Correct the file.") from None
