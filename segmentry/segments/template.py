"""`segments new`: a definition to start from, which lints clean as it is written."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from segmentry.definitions.model import FOLDER, is_name, read_definitions
from segmentry.errors import UsageError
from segmentry.files import write_text

_REVIEW_AFTER = timedelta(days=180)
_FEATURES = {"customer": ("active_days_28d", 12, "kpi_active_customers"), "account": ("seats", 50, "kpi_mrr_movements")}

_YAML = """# yaml-language-server: $schema=../schema/definition.json
dimension: {dimension}
description: "One row per {entity}: its segment of the dimension {dimension} at the as-of date."
entity: {entity}
exclusive: true
segments:
  - key: high
    name: High
    description: "{feature} of {limit} and more"
    version: 1
    rules:
      all:
        - {{id: enough, feature: {feature}, op: gte, value: {limit}}}
    min_size: 50
    owner: "growth@example.com"
    goal_kpi: {goal}
    tactic: What these are offered
    holdout_share: 0.1
    review_by: {review_by}
    fixtures:
      - {{given: {{{feature}: {limit}}}, expect: in}}
      - {{given: {{{feature}: {below}}}, expect: out, because: enough}}
      - {{given: {{{feature}: null}}, expect: unknown, because: enough}}
  - key: low
    name: Low
    description: "{feature} below {limit}"
    version: 1
    rules:
      all:
        - {{id: not_enough, feature: {feature}, op: lt, value: {limit}}}
    min_size: 50
    owner: "growth@example.com"
    goal_kpi: {goal}
    tactic: What these are offered
    holdout_share: 0.1
    review_by: {review_by}
    fixtures:
      - {{given: {{{feature}: {below}}}, expect: in}}
      - {{given: {{{feature}: {limit}}}, expect: out, because: not_enough}}
"""


def write_template(project_dir: Path, dimension: str, entity: str, today: date) -> Path:
    """Write `definitions/segments/<dimension>.yml`; give back where. Raises UsageError rather than replace anything."""
    if not is_name(dimension):
        raise UsageError(
            f"'{dimension}' is no name of a dimension", "Lower case letters, digits and _, such as team_size."
        )
    if entity not in _FEATURES:
        raise UsageError(f"there is no entity '{entity}'", f"Choose one of: {', '.join(_FEATURES)}.")
    path = project_dir / FOLDER / "segments" / f"{dimension}.yml"
    if path.exists() or dimension in [d.name for d in read_definitions(project_dir).dimensions]:
        raise UsageError(f"there is a dimension {dimension} already", f"Edit it in {FOLDER}, or choose another name.")
    feature, limit, goal = _FEATURES[entity]
    values = {"dimension": dimension, "entity": entity, "feature": feature, "limit": limit, "below": limit - 1}
    write_text(path, _YAML.format(**values, goal=goal, review_by=today + _REVIEW_AFTER))
    return path
