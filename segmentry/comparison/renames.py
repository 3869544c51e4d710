"""What a restructuring renamed, so that the marts before (A) and after it (B) can be compared.

A YAML file lists tables as `schema.table`. Columns and values are listed under the table's new name:

    tables:
      kpis.kpi_old: kpis.kpi_new
    dropped_tables: [kpis.kpi_gone]
    added_tables: [kpis.kpi_extra]
    columns:
      kpis.kpi_new: {live_at_start: opening_accounts}
    dropped_columns:
      kpis.kpi_new: [only_before]
    added_columns:
      kpis.kpi_new: [only_after]
    values:
      kpis.kpi_new:
        metric: {clv_historic: historical_clv}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from segmentry.errors import UsageError

Columns = dict[str, str]
"""Name and type of the columns of a table."""


class Renames(BaseModel):
    """The old and new names. The default renames nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tables: dict[str, str] = {}
    dropped_tables: list[str] = []
    added_tables: list[str] = []
    columns: dict[str, dict[str, str]] = {}
    dropped_columns: dict[str, list[str]] = {}
    added_columns: dict[str, list[str]] = {}
    values: dict[str, dict[str, dict[str, str]]] = {}

    def old_table(self, table: str) -> str:
        """What side A calls a table of side B."""
        return {new: old for old, new in self.tables.items()}.get(table, table)

    def old_column(self, table: str, column: str) -> str:
        """What side A calls a column of a table of side B."""
        return {new: old for old, new in self.columns.get(table, {}).items()}.get(column, column)

    def check(self, tables_a: Mapping[str, Columns], tables_b: Mapping[str, Columns]) -> None:
        """Raise UsageError for a name that its side does not have: a misspelled rename must not pass as one."""
        old, new = set(tables_a), set(tables_b)
        wrong = [
            *_absent("A", old, [*self.tables, *self.dropped_tables]),
            *_absent("B", new, [*self.tables.values(), *self.added_tables]),
            *_absent("B", new, [*self.columns, *self.dropped_columns, *self.added_columns, *self.values]),
        ]
        if not wrong:
            for table in [*self.columns, *self.dropped_columns, *self.added_columns, *self.values]:
                before, after = set(tables_a.get(self.old_table(table), {})), set(tables_b[table])
                columns = self.columns.get(table, {})
                wrong += _absent("A", before, [*columns, *self.dropped_columns.get(table, [])], table)
                after_names = [*columns.values(), *self.added_columns.get(table, []), *self.values.get(table, {})]
                wrong += _absent("B", after, after_names, table)
        if wrong:
            raise UsageError(f"the renames do not fit: {'; '.join(wrong)}", "Correct the file given with --renames.")


def read_renames(path: Path) -> Renames:
    """The renames of a YAML file. Raises UsageError when it cannot be read or has another form."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Renames.model_validate(content or {})
    except (OSError, yaml.YAMLError) as error:
        raise UsageError(f"cannot read {path}: {error}", "Name a YAML file.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise UsageError(f"{path}: {where}: {first['msg']}", "`segmentry compare --help` shows the form.") from None


def _absent(side: str, known: set[str], names: Iterable[str], table: str = "") -> list[str]:
    return [f"{side} has no {f'{table}.' if table else ''}{name}" for name in sorted({*names} - known)]
