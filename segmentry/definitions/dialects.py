"""The two kinds of SQL that definitions compile to: dbt models for every engine, and DuckDB to compare at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

_PLAIN = re.compile(r"[\w .,:;/&+()-]*")


class Dialect(Protocol):
    """What differs between a dbt model and a query for DuckDB."""

    @property
    def string(self) -> str:
        """The type of texts."""

    @property
    def double(self) -> str:
        """The type of doubles."""

    def ref(self, model: str) -> str:
        """A model or seed of the project."""

    def text(self, value: str) -> str:
        """A text literal."""

    def days_between(self, first: str, last: str) -> str:
        """Days from one date to another."""

    def add_days(self, day: str, days: int) -> str:
        """A date so many days later."""

    def double_text(self, number: str) -> str:
        """A double as text, the same on every engine."""

    def key(self, parts: list[str]) -> list[str]:
        """Lines of a 64-bit key of texts that are joined."""


class DbtSql:
    """SQL of a dbt model: `ref()` and the macros of `macros/cross_db`."""

    string = "{{ dbt.type_string() }}"
    double = "{{ type_double() }}"

    def ref(self, model: str) -> str:
        """A model or seed of the project."""
        return f"{{{{ ref('{model}') }}}}"

    def text(self, value: str) -> str:
        """A literal; engines quote and escape in their own ways, so a text with such a character goes to a macro."""
        return f"'{value}'" if _PLAIN.fullmatch(value) else f"{{{{ text_literal({json.dumps(value)}) }}}}"

    def days_between(self, first: str, last: str) -> str:
        """Days from one date to another."""
        return f"{{{{ days_between({_argument(first)}, {_argument(last)}) }}}}"

    def add_days(self, day: str, days: int) -> str:
        """A date so many days later."""
        return f"{{{{ add_days({_argument(day)}, {days}) }}}}"

    def double_text(self, number: str) -> str:
        """A double as text, the same on every engine."""
        return f"{{{{ double_text({_argument(number)}) }}}}"

    def key(self, parts: list[str]) -> list[str]:
        """Lines of a 64-bit key of texts that are joined."""
        if not parts:
            return ["{{ int64_key(\"''\") }}"]
        first, *others = parts
        return ["{{ int64_key(", f'    "{first}"', *(f'    ~ " || {part}"' for part in others), ") }}"]


@dataclass(frozen=True)
class DuckDBSql:
    """Plain SQL for DuckDB. `relations`: model -> relation to read."""

    relations: Mapping[str, str] = field(default_factory=dict)
    string: str = "varchar"
    double: str = "double"

    def ref(self, model: str) -> str:
        """A model or seed of the project."""
        return self.relations.get(model, f"intermediate.{model}")

    def text(self, value: str) -> str:
        """A text literal."""
        return "'" + value.replace("'", "''") + "'"

    def days_between(self, first: str, last: str) -> str:
        """Days from one date to another."""
        return f"cast({last} - {first} as integer)"

    def add_days(self, day: str, days: int) -> str:
        """A date so many days later."""
        return f"cast({day} + cast({days} as integer) as date)"

    def double_text(self, number: str) -> str:
        """A double as text; nobody compares the texts of a comparison."""
        return f"cast({number} as varchar)"

    def key(self, parts: list[str]) -> list[str]:
        """Lines of a 64-bit key of texts that are joined."""
        return [f"cast(md5_number({' || '.join(parts) or repr('')}) >> 68 as bigint)"]


def _argument(sql: str) -> str:
    return f"'{sql}'" if "'" not in sql else json.dumps(sql)
