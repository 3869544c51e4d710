"""The segment macros outside dbt: rendered over a graph made of literal definitions, run by DuckDB."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import jinja2.runtime

ROOT = Path(__file__).resolve().parents[2]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "macros").rglob("*.sql")))
CUSTOMER = {
    "customer_id": "string",
    "as_of_date": "date",
    "plan_id": "string",
    "orders": "integer",
    "net_spend": "decimal(18,2)",
    "score": "double",
    "is_paying": "boolean",
    "first_seen_on": "date",
}
ACCOUNT = {"account_id": "string", "as_of_date": "date", "members": "integer", "industry": "string"}


class CompilerError(Exception):
    """What dbt raises to stop a run."""


class _Returned(BaseException):
    def __init__(self, value: Any) -> None:
        self.value = value


class _Macro(jinja2.runtime.Macro):
    """A macro whose `return` hands a value back, as dbt's does."""

    def _invoke(self, arguments: Any, autoescape: bool) -> Any:
        try:
            return super()._invoke(arguments, autoescape)
        except _Returned as returned:
            return returned.value


def _return(value: Any) -> None:
    raise _Returned(value)


def _stop(message: str) -> None:
    raise CompilerError(message)


def definition(dimension: str, segments: list[dict[str, Any]], **more: Any) -> SimpleNamespace:
    """A model that defines a dimension."""
    meta = {"dimension": dimension, "entity": "customer", "exclusive": True, "segments": segments} | more
    prefix = "seg_" if meta["exclusive"] else "audience_"
    return SimpleNamespace(
        resource_type="model", name=prefix + dimension, config=SimpleNamespace(meta=_Dict(meta)), columns={}
    )


class _Dict(dict):  # type: ignore[type-arg]
    __getattr__ = dict.__getitem__


def _catalogue(name: str, types: dict[str, str]) -> SimpleNamespace:
    columns = {n: SimpleNamespace(name=n, data_type=t) for n, t in types.items()}
    return SimpleNamespace(resource_type="model", name=name, config=SimpleNamespace(meta={}), columns=columns)


def macros(
    *definitions: SimpleNamespace,
    engine: str = "duckdb",
    execute: bool = True,
    nodes: bool = True,
    kpi_dimensions: tuple[str, ...] = (),
) -> Any:
    """Every macro as a function, in a project with these definitions and a small catalogue; without nodes: no graph."""
    known = [*definitions, _catalogue("customer_features", CUSTOMER), _catalogue("account_features", ACCOUNT)]
    module: Any = None

    def dispatch(name: str) -> Any:
        return next(
            found for prefix in (engine, "default", "duckdb") if (found := getattr(module, f"{prefix}__{name}", None))
        )

    globals_ = {
        "var": {"reporting_timezone": "UTC", "kpi_dimensions": list(kpi_dimensions)}.__getitem__,
        "ref": lambda name: name,
        "return": _return,
        "adapter": SimpleNamespace(dispatch=dispatch),
        "modules": SimpleNamespace(re=re),
        "exceptions": SimpleNamespace(raise_compiler_error=_stop),
        "local_md5": lambda text: hashlib.md5(text.encode()).hexdigest(),
        "tojson": lambda value, sort_keys=False: json.dumps(value, sort_keys=sort_keys),
        "target": SimpleNamespace(name="duckdb"),
        "dbt": SimpleNamespace(type_string=lambda: "text"),
        "execute": execute,
        "graph": SimpleNamespace(nodes={n.name: n for n in known}) if nodes else {},
        "context": {},
    }
    module = _template().make_module(globals_)
    return module


@functools.cache
def _template() -> jinja2.Template:
    original = jinja2.runtime.Macro
    jinja2.runtime.Macro = _Macro  # type: ignore[misc]
    try:
        return jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do"]).from_string(TEXT)
    finally:
        jinja2.runtime.Macro = original  # type: ignore[misc]
