"""Settings of a run: paths, limits and dbt vars. Everything is checked before a run starts.

Values of vars end up in SQL, so each must match a narrow form; others are refused with the reason.
"""

from __future__ import annotations

import math
import os
import re
import secrets
import zoneinfo
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from segmentry.errors import UsageError

DEFAULT_PRESET = "feeds"
DEFAULT_TARGET = "duckdb"
DEFAULT_MAX_QUARANTINED_SHARE = 0.05
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TEXT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/+ -]{0,99}")
_MAX_INT = 1_000_000_000

_Moment = TypeVar("_Moment", bound=date)
VarValue = str | int | float | bool | list[str] | None


class Settings(BaseModel):
    """Paths and limits of a run, from `Settings.load`. Every path is absolute."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path
    project_dir: Path
    keep_generations: int = Field(default=5, ge=1, le=1000)
    max_quarantined_share: float | None = Field(default=None, ge=0, le=1)

    @field_validator("home", "project_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @classmethod
    def load(
        cls,
        home: Path | None = None,
        project_dir: Path | None = None,
        env: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Settings:
        """Read flags first, then SEGMENTRY_* variables, then defaults. Raises UsageError naming the wrong setting."""
        env = os.environ if env is None else env
        project = project_dir or _path(env.get("SEGMENTRY_PROJECT_DIR")) or find_project()
        values: dict[str, Any] = {
            "project_dir": project,
            "home": home or _path(env.get("SEGMENTRY_HOME")) or project / "data",
        }
        for name in ("keep_generations", "max_quarantined_share"):
            if more.get(name) is not None:
                values[name] = more[name]
            elif env.get(f"SEGMENTRY_{name.upper()}"):
                values[name] = env[f"SEGMENTRY_{name.upper()}"]
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0])
            raise UsageError(
                f"setting {name}: {first['msg']}", f"Correct the option or SEGMENTRY_{name.upper()}."
            ) from None

    @property
    def inbox(self) -> Path:
        """Where sources put their files, one folder per feed."""
        return self.home / "inbox"

    @property
    def raw(self) -> Path:
        """Landed rows as Parquet."""
        return self.home / "raw"

    @property
    def runs(self) -> Path:
        """Logs, dbt artifacts and ledgers of runs."""
        return self.home / "runs"

    @property
    def models(self) -> Path:
        """Fitted models."""
        return self.home / "models"

    @property
    def published(self) -> Path:
        """What BI reads."""
        return self.home / "published"

    def warehouse(self, replay: bool = False, target: str = DEFAULT_TARGET) -> Path:
        """The private build file. Replays have their own. For another engine, the marts copied from it."""
        name = "replay" if replay else "segmentry"
        return self.home / "warehouse" / (f"{name}.duckdb" if target == DEFAULT_TARGET else f"{name}_{target}.duckdb")


def find_project() -> Path:
    """The folder of dbt_project.yml: the current folder or one above it, else the checkout this code is in."""
    here = Path.cwd()
    candidates = [here, *here.parents, Path(__file__).resolve().parent.parent]
    for folder in candidates:
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise UsageError(
        "no dbt_project.yml in this folder or above it",
        "Run segmentry inside the project, or name the project with --project-dir.",
    )


def new_run_id(now: datetime | None = None) -> str:
    """A run id that sorts by time: 20260131T120000Z-1a2b3c."""
    return f"{(now or datetime.now(UTC)):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def project_vars(project_dir: Path) -> dict[str, Any]:
    """The vars of dbt_project.yml with their defaults: the allow-list of names that may be set."""
    document = yaml.safe_load((project_dir / "dbt_project.yml").read_text(encoding="utf-8")) or {}
    defaults = dict(document.get("vars") or {})
    scoped = defaults.pop(document.get("name", ""), None)
    return {**defaults, **scoped} if isinstance(scoped, dict) else defaults


def presets(project_dir: Path) -> dict[str, dict[str, Any]]:
    """Every preset by name with its `_preset.yml`; `feeds`, the canonical feeds, is always there."""
    found: dict[str, dict[str, Any]] = {DEFAULT_PRESET: {"name": DEFAULT_PRESET, "vars": {}}}
    for path in sorted((project_dir / "contracts").glob("*/_preset.yml")):
        found[path.parent.name] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return found


def quarantine_limit(settings: Settings, preset: str) -> float:
    """The share of a feed's new records that may be in quarantine: the run's setting, else the preset's, else 0.05."""
    if settings.max_quarantined_share is not None:
        return settings.max_quarantined_share
    return float(
        presets(settings.project_dir).get(preset, {}).get("max_quarantined_share", DEFAULT_MAX_QUARANTINED_SHARE)
    )


def resolve_vars(
    project_dir: Path,
    preset: str = DEFAULT_PRESET,
    overrides: Mapping[str, str] | None = None,
    as_of: str | None = None,
    known_at: str | None = None,
) -> dict[str, VarValue]:
    """The vars of a run that differ from dbt_project.yml: the preset's, then `--set`, then the replay instants.

    Raises UsageError naming the var and the form it must have.
    """
    defaults = project_vars(project_dir)
    known = presets(project_dir)
    if preset not in known:
        raise UsageError(f"no preset '{preset}'", f"Choose one of: {', '.join(known)}.")
    overrides = overrides or {}
    if "preset" in overrides:
        raise UsageError("the preset is not set as a var", f"Use --preset {overrides['preset']}.")
    wanted: dict[str, Any] = {**(known[preset].get("vars") or {}), **overrides}
    wanted |= {name: value for name, value in (("as_of_date", as_of), ("known_at", known_at)) if value}
    resolved: dict[str, VarValue] = {"preset": preset}
    for name, value in wanted.items():
        if name not in defaults:
            raise UsageError(f"no var '{name}'", f"Vars that can be set: {', '.join(sorted(defaults))}.")
        resolved[name] = check_var(name, value, defaults[name])
    return resolved


def check_var(name: str, value: Any, default: Any) -> VarValue:
    """One value in the type of the var's default, or UsageError. Text must not contain quotes, braces or semicolons."""
    if isinstance(value, list) or isinstance(default, list):
        items = value if isinstance(value, list) else [item.strip() for item in str(value).split(",") if item.strip()]
        return [str(_check_text(name, str(item))) for item in items]
    text = str(value).strip()
    try:
        return _check_by_name(name, text) or _check_by_default(name, text, default)
    except ValueError as error:
        raise UsageError(f"var {name}='{text}': {error}", f"Give it as --set {name}=VALUE in that form.") from None


def _check_by_name(name: str, text: str) -> str | None:
    if name.endswith("_timezone"):
        if text not in zoneinfo.available_timezones():
            raise ValueError("not a time zone of the IANA database, such as Europe/London")
        return text
    if name.endswith("_currency"):
        if not re.fullmatch(r"[A-Z]{3}", text):
            raise ValueError("not an ISO 4217 currency code, such as EUR")
        return text
    if name.endswith("_date"):
        return _iso(date.fromisoformat, text, "not a date, such as 2026-01-31").isoformat()
    if name.endswith("_at"):
        moment = _iso(datetime.fromisoformat, text, "not a date or time, such as 2026-01-31 or 2026-01-31T12:00:00")
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC)
        return f"{moment:%Y-%m-%d %H:%M:%S}"
    if name.endswith("_schema") and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise ValueError("not a schema name")
    return None


def _check_by_default(name: str, text: str, default: Any) -> VarValue:
    if isinstance(default, bool):
        if text.lower() not in {"true", "false"}:
            raise ValueError("must be true or false")
        return text.lower() == "true"
    if isinstance(default, int):
        if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) > _MAX_INT:
            raise ValueError("must be a whole number from 0 to 1000000000")
        return int(text)
    if isinstance(default, float) or (isinstance(default, str) and re.fullmatch(r"\d+(\.\d+)?", default)):
        if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?", text) or not math.isfinite(float(text)):
            raise ValueError("must be a plain number such as 0.75")
        return text if isinstance(default, str) else float(text)
    if isinstance(default, dict):
        raise ValueError("is a table of values; change it in dbt_project.yml")
    return _check_text(name, text)


def _check_text(name: str, text: str) -> str:
    if not _TEXT.fullmatch(text):
        raise UsageError(
            f"var {name}: only letters, digits, spaces and _ . : / + - are allowed, at most 100", "Change the value."
        )
    return text


def _iso(parse: Callable[[str], _Moment], text: str, complaint: str) -> _Moment:
    try:
        return parse(text)
    except ValueError:
        raise ValueError(complaint) from None


def parse_assignments(pairs: list[str]) -> dict[str, str]:
    """`["session_gap_minutes=45"]` as a dict. Raises UsageError for what is not NAME=VALUE."""
    result: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not _NAME.fullmatch(name.strip()):
            raise UsageError(f"--set '{pair}' is not NAME=VALUE", "Example: --set session_gap_minutes=45")
        result[name.strip()] = value.strip()
    return result


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None
