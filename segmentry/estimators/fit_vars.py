"""What a fit needs of the vars of a build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

SETTINGS = (
    "clv_backtest_days",
    "clv_discount_rate",
    "clv_horizon_months",
    "cluster_count_max",
    "cluster_count_min",
    "cluster_sample_size",
    "model_refit_days",
    "reporting_currency",
    "reporting_timezone",
)
"""Vars that change what a run means; macro `model_settings` writes them in the same form."""


@dataclass(frozen=True)
class FitVars:
    """What a fit needs of the vars of a build."""

    settings: str
    backtest_days: int
    annual_rate: float
    horizon_months: int
    refit_days: int
    cluster_count_min: int
    cluster_count_max: int
    as_of: date | None
    known_at: datetime | None

    @classmethod
    def of(cls, variables: Mapping[str, Any]) -> FitVars:
        """From all vars of a build, those at their defaults included."""
        as_of, known_at = variables.get("as_of_date"), variables.get("known_at")
        return cls(
            settings="|".join(f"{name}={variables[name]}" for name in SETTINGS),
            backtest_days=int(variables["clv_backtest_days"]),
            annual_rate=float(variables["clv_discount_rate"]),
            horizon_months=int(variables["clv_horizon_months"]),
            refit_days=int(variables["model_refit_days"]),
            cluster_count_min=int(variables["cluster_count_min"]),
            cluster_count_max=int(variables["cluster_count_max"]),
            as_of=date.fromisoformat(str(as_of)) if as_of else None,
            known_at=datetime.fromisoformat(str(known_at)) if known_at else None,
        )
