"""Data contracts: the columns of a feed, as YAML in the Open Data Contract Standard v3.

A contract is the single description of a feed. Landing casts and checks by it; dbt sources and suites are checked
against it. Unknown keys are errors: a misspelt ``requried`` must not silently switch a check off.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segmentry.errors import UsageError

FORMATS = ("iso4217", "iso3166_alpha2", "bcp47", "json", "json_array", "email")
"""Formats a text column may declare. ``email`` only tells readers what the column is: addresses are not checked."""

_PHYSICAL_TYPE = re.compile(r"varchar|bigint|double|boolean|date|timestamp|decimal\((\d{1,2}), ?(\d{1,2})\)")
_COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RULE_CODE = re.compile(r"[a-z][a-z0-9_]*")
_PROPERTY_KEYS = {"earliest", "sourceName", "timezone", "unit"}
_SCHEMA_KEYS = {"dedupKey", "dedupOrder", "knownAt", "placeholders", "requireOneOf", "rowRules"}

IDENTITIES = ("user_id", "anonymous_id", "account_id", "parent_account_id")
"""Columns that say who: an id here makes a customer, an account or a device."""


class ContractError(UsageError):
    """A contract file is invalid. The message names the file and every problem."""


@dataclass(frozen=True)
class Column:
    """One column. ``physical_type`` is the DuckDB type in upper case; ``minimum`` and ``maximum`` are inclusive.

    ``placeholders`` are lower-case texts that stand for no id. ``earliest`` is the first day of a timestamp.
    """

    name: str
    physical_type: str
    required: bool
    primary_key: bool
    description: str
    source_names: tuple[str, ...]
    values: tuple[str, ...]
    format: str | None
    minimum: int | float | None
    maximum: int | float | None
    max_length: int | None
    timezone: str | None
    unit: str | None
    is_pii: bool
    placeholders: tuple[str, ...] = ()
    earliest: date | None = None

    @property
    def header_names(self) -> tuple[str, ...]:
        """Names that a file may give this column."""
        return (self.name, *self.source_names)

    @property
    def decimals(self) -> tuple[int, int] | None:
        """Precision and scale of a DECIMAL column, None for other types."""
        found = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", self.physical_type)
        return (int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True)
class RowRule:
    """A row is accepted only where ``sql`` is TRUE over its typed columns; else it is quarantined with ``code``."""

    code: str
    sql: str


@dataclass(frozen=True)
class Contract:
    """A feed: its grain, columns in order, key, and the column that says when a row became known."""

    name: str
    version: str
    grain: str
    columns: tuple[Column, ...]
    dedup_key: tuple[str, ...]
    dedup_order: str | None
    known_at: str | None
    require_one_of: tuple[tuple[str, ...], ...]
    row_rules: tuple[RowRule, ...]

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Custom(_Strict):
    property: str
    value: Any
    description: str | None = None


class _Options(_Strict):
    enum: list[str] = []
    format: str | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    maxLength: int | None = Field(default=None, gt=0)  # noqa: N815  (name fixed by the standard)


class _Annotated(_Strict):
    """Keys of the standard that describe and do not change what landing does."""

    id: str | None = None
    name: str
    businessName: str | None = None  # noqa: N815
    description: str = ""
    tags: list[str] = []
    quality: list[Any] = []
    authoritativeDefinitions: list[Any] = []  # noqa: N815
    customProperties: list[_Custom] = []  # noqa: N815


class _Property(_Annotated):
    logicalType: Literal["string", "integer", "number", "boolean", "date", "timestamp", "object", "array"]  # noqa: N815
    physicalType: str  # noqa: N815
    required: bool = False
    unique: bool = False
    primaryKey: bool = False  # noqa: N815
    primaryKeyPosition: int | None = None  # noqa: N815
    partitioned: bool = False
    classification: str | None = None
    examples: list[Any] = []
    relationships: list[Any] = []
    logicalTypeOptions: _Options = _Options()  # noqa: N815


class _Schema(_Annotated):
    logicalType: str | None = None  # noqa: N815
    physicalName: str | None = None  # noqa: N815
    physicalType: str | None = None  # noqa: N815
    dataGranularityDescription: str | None = None  # noqa: N815
    properties: list[_Property] = Field(min_length=1)


class _Document(_Strict):
    apiVersion: str = Field(pattern=r"^v3\.")  # noqa: N815
    kind: Literal["DataContract"]
    id: str
    name: str | None = None
    version: str
    status: str
    domain: str | None = None
    tenant: str | None = None
    dataProduct: str | None = None  # noqa: N815
    description: dict[str, Any] | None = None
    tags: list[str] = []
    schema_: list[_Schema] = Field(alias="schema", min_length=1, max_length=1)
    team: Any = None
    support: list[Any] = []
    servers: list[Any] = []
    slaProperties: list[Any] = []  # noqa: N815
    customProperties: list[_Custom] = []  # noqa: N815


def load_contracts(folder: Path, preset: str = "feeds") -> dict[str, Contract]:
    """Contracts by feed name: the canonical ones of ``folder`` and those of ``folder/preset`` as ``<preset>__<table>``.

    Raises ContractError when the folder, the preset or a file cannot be used.
    """
    if not folder.is_dir():
        raise ContractError(f"{folder}: no such folder of contracts")
    contracts = {path.stem: load_contract(path) for path in _contract_files(folder)}
    if preset != "feeds":
        sources = folder / preset
        if not re.fullmatch(r"[a-z][a-z0-9_]*", preset) or not sources.is_dir():
            known = ", ".join(["feeds", *sorted(path.name for path in folder.iterdir() if path.is_dir())])
            raise ContractError(f"preset {preset!r}: not one of {known}")
        for path in _contract_files(sources):
            name = f"{preset}__{path.stem.removeprefix(preset + '__')}"
            contracts[name] = load_contract(path, name)
    if not contracts:
        raise ContractError(f"{folder}: no contract (*.yml) in it")
    return contracts


def _contract_files(folder: Path) -> list[Path]:
    """Files that begin with _ describe a preset, not a table."""
    return sorted(path for path in folder.glob("*.yml") if not path.name.startswith("_"))


def load_contract(path: Path, name: str | None = None) -> Contract:
    """Read one contract file as feed ``name`` (the file's name without ending when None). Raises ContractError."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        document = _Document.model_validate(content)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ContractError(f"{path}: cannot be read as YAML: {error}") from error
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
        raise ContractError(f"{path}: " + "; ".join(lines)) from None
    problems: list[str] = []
    contract = _build(name or path.stem, document, problems)
    if problems:
        raise ContractError(f"{path}: " + "; ".join(problems))
    return contract


def _build(name: str, document: _Document, problems: list[str]) -> Contract:
    """The contract of a document; every problem is added to ``problems``."""
    schema = document.schema_[0]
    custom = _custom(schema.customProperties, _SCHEMA_KEYS, schema.name, problems)
    placeholders = _texts(custom.get("placeholders", []), "placeholders", problems)
    if schema.name not in (name, name.partition("__")[2]):
        problems.append(f"schema.name: {schema.name!r} is not the feed's name {name!r}")
    columns = tuple(_column(item, placeholders, problems) for item in schema.properties)
    names = [column.name for column in columns]
    headers = [header for column in columns for header in column.header_names]
    problems.extend(f"{repeated}: named twice" for repeated in sorted({h for h in headers if headers.count(h) > 1}))

    dedup_key = _names(custom.get("dedupKey", []), names, "dedupKey", problems)
    dedup_order = custom.get("dedupOrder")
    if dedup_order is not None and not all(
        re.fullmatch(r"\w+ (asc|desc)", term) and term.split()[0] in names for term in str(dedup_order).split(", ")
    ):
        problems.append(f"dedupOrder: {dedup_order!r} is not '<column> asc' or '<column> desc', or a list of these")
    known_at = custom.get("knownAt")
    if known_at is not None and known_at not in names:
        problems.append(f"knownAt: {known_at!r} is not a column")
    groups = custom.get("requireOneOf", [])
    if not isinstance(groups, list):
        problems.append("requireOneOf: must be a list of lists of columns")
        groups = []
    return Contract(
        name=name,
        version=document.version,
        grain=schema.description,
        columns=columns,
        dedup_key=dedup_key,
        dedup_order=dedup_order,
        known_at=known_at,
        require_one_of=tuple(_names(group, names, "requireOneOf", problems) for group in groups),
        row_rules=_row_rules(custom.get("rowRules", []), problems),
    )


def _column(item: _Property, placeholders: tuple[str, ...], problems: list[str]) -> Column:
    """One column of a contract; every problem is added to ``problems``."""
    options = item.logicalTypeOptions
    physical_type = item.physicalType.lower()
    where = item.name
    if not _COLUMN_NAME.fullmatch(item.name):
        problems.append(f"{where}: a column name is lower case letters, digits and _ and begins with a letter")
    decimal = _PHYSICAL_TYPE.fullmatch(physical_type)
    if not decimal:
        problems.append(f"{where}: physicalType {item.physicalType!r} is not one landing can cast to")
    elif decimal[1] and not (int(decimal[2]) <= int(decimal[1]) <= 28 and int(decimal[1]) - int(decimal[2]) <= 18):
        problems.append(f"{where}: a decimal has at most 28 digits, at most 18 of them before the point")
    is_text = physical_type == "varchar"
    if options.format and options.format not in FORMATS:
        problems.append(f"{where}: format {options.format!r} is not one of {', '.join(FORMATS)}")
    if not is_text and (options.enum or options.format or options.maxLength):
        problems.append(f"{where}: enum, format and maxLength are for varchar columns")
    has_limit = options.minimum is not None or options.maximum is not None
    if has_limit and not re.match("bigint|double|decimal", physical_type):
        problems.append(f"{where}: minimum and maximum are for numbers")
    custom = _custom(item.customProperties, _PROPERTY_KEYS, where, problems)
    timezone = custom.get("timezone")
    if timezone is not None and (physical_type != "timestamp" or not _is_zone(timezone)):
        problems.append(f"{where}: timezone {timezone!r} is not an IANA zone of a timestamp column")
    earliest = custom.get("earliest")
    if earliest is not None and (physical_type != "timestamp" or type(earliest) is not date):
        problems.append(f"{where}: earliest {earliest!r} is not a date of a timestamp column")
    source_names = custom.get("sourceName", [])
    return Column(
        name=item.name,
        physical_type=physical_type.replace(" ", "").upper(),
        required=item.required,
        primary_key=item.primaryKey,
        description=item.description,
        source_names=tuple(str(n) for n in ([source_names] if isinstance(source_names, str) else source_names)),
        values=tuple(options.enum),
        format=options.format,
        minimum=options.minimum,
        maximum=options.maximum,
        max_length=options.maxLength,
        timezone=timezone,
        unit=custom.get("unit"),
        is_pii=(item.classification or "").lower() == "pii",
        placeholders=placeholders if item.name in IDENTITIES and is_text else (),
        earliest=earliest,
    )


def _custom(items: Sequence[_Custom], known: set[str], where: str, problems: list[str]) -> dict[str, Any]:
    """Custom properties by name; names that mean nothing here are problems."""
    problems.extend(
        f"{where}: customProperties {item.property!r} is not one of {', '.join(sorted(known))}"
        for item in items
        if item.property not in known
    )
    return {item.property: item.value for item in items}


def _names(value: Any, columns: list[str], where: str, problems: list[str]) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        problems.append(f"{where}: must be a list of columns")
        return ()
    problems.extend(f"{where}: {item!r} is not a column" for item in value if item not in columns)
    return tuple(value)


def _texts(value: Any, where: str, problems: list[str]) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        problems.append(f"{where}: must be a list of texts in quotes")
        return ()
    return tuple(item.lower() for item in value)


def _row_rules(value: Any, problems: list[str]) -> tuple[RowRule, ...]:
    rules = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict) and set(item) == {"code", "sql"} and _RULE_CODE.fullmatch(str(item["code"])):
            rules.append(RowRule(item["code"], str(item["sql"])))
        else:
            problems.append("rowRules: must be a list of {code: <lower_case_code>, sql: <condition>}")
    return tuple(rules)


def _is_zone(name: Any) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, TypeError, OSError):
        return False
    return True
