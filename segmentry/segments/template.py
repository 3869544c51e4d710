"""`segments new`: a dimension to start from, which lints clean as it is written."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from segmentry.errors import UsageError
from segmentry.files import write_text
from segmentry.definitions.model import FOLDER, is_name, read_definitions

_REVIEW_AFTER = timedelta(days=180)
_FEATURES = {"customer": ("active_days_28d", 12, "kpi_active_customers"), "account": ("seats", 50, "kpi_mrr_movements")}

_YAML = """version: 2

models:
  - name: seg_{dimension}
    description: "One row per {entity}: its segment of the dimension {dimension} at the as-of date."
    config:
      meta:
        dimension: {dimension}
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
    columns:
      - name: {entity}_id
        data_type: "string"
        description: "{{{{ doc('{entity}_id') }}}}"
        data_tests: [not_null, unique]
      - {{name: segment_key, data_type: "string", description: "{{{{ doc('segment_key') }}}}", data_tests: [not_null]}}
      - {{name: as_of_date, data_type: "date", description: "{{{{ doc('as_of_date') }}}}"}}
"""

_SQL = """with

final as (

    {{{{ segment_members('{dimension}'{argument}) }}}}

)

select * from final
"""


def write_template(project_dir: Path, dimension: str, entity: str, today: date) -> list[Path]:
    """Write `seg_<dimension>.yml` and `.sql`; give back where. Raises UsageError rather than replace anything."""
    if not is_name(dimension):
        raise UsageError(
            f"'{dimension}' is no name of a dimension", "Lower case letters, digits and _, such as team_size."
        )
    if entity not in _FEATURES:
        raise UsageError(f"there is no entity '{entity}'", f"Choose one of: {', '.join(_FEATURES)}.")
    paths = [project_dir / FOLDER / f"seg_{dimension}{ending}" for ending in (".yml", ".sql")]
    taken = [d.name for d in read_definitions(project_dir).dimensions]
    if dimension in taken or any(path.exists() for path in paths):
        raise UsageError(f"there is a dimension {dimension} already", f"Edit it in {FOLDER}, or choose another name.")
    feature, limit, goal = _FEATURES[entity]
    values = {"dimension": dimension, "entity": entity, "feature": feature, "limit": limit, "below": limit - 1}
    values |= {
        "goal": goal,
        "review_by": today + _REVIEW_AFTER,
        "argument": "" if entity == "customer" else ", 'account'",
    }
    for path, text in zip(paths, (_YAML, _SQL), strict=True):
        write_text(path, text.format(**values))
    return paths
