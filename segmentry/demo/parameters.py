"""The parameters the demo company is drawn from; they are written to truth.json."""

from __future__ import annotations

from datetime import date

FIRST_DAY = date(2024, 7, 1)
END_DAY = date(2026, 1, 1)
"""First day after the data: everything happens and is received before it."""

ACCOUNTS_AT_SCALE_1 = 2000
USERS_PER_ACCOUNT = 6
ALIAS_SHARE = 0.015
"""Share of user ids that belong to a person who already has one (same e-mail)."""

MBG_NBD = {"r": 0.65, "alpha": 6.5, "a": 0.9, "b": 2.6}
"""Purchases of one-off shop orders; time in weeks."""
GAMMA_GAMMA = {"p": 6.0, "q": 4.0, "gamma": 40.0}
"""Value of an order in USD; the population mean is p * gamma / (q - 1) = 80."""

SBG: dict[tuple[str, str], tuple[float, float]] = {
    ("month", "sticky"): (0.7, 17.0),
    ("month", "average"): (0.9, 9.0),
    ("month", "fragile"): (1.1, 4.5),
    ("year", "sticky"): (0.7, 6.0),
    ("year", "average"): (0.8, 4.0),
    ("year", "fragile"): (1.0, 2.5),
    ("week", "sticky"): (0.7, 24.0),
    ("week", "average"): (0.8, 12.0),
    ("week", "fragile"): (1.0, 6.0),
    ("day", "sticky"): (2.0, 20.0),
    ("day", "average"): (2.0, 16.0),
    ("day", "fragile"): (2.0, 10.0),
}
"""(alpha, beta) of the shifted beta-geometric tenure, in paid billing periods, by interval and tenure group."""

EXPERIMENT = {
    "experiment_id": "exp_onboarding_checklist",
    "event": "integration_connected",
    "window_days": 14,
    "first_day": "2025-01-01",
    "end_day": "2025-12-01",
    "p_control": 0.30,
    "p_treatment": 0.38,
}
CAMPAIGNS: list[dict[str, str | float]] = [
    {"campaign_id": "cmp_winback_2025q1", "day": "2025-02-03", "tactic": "win_back", "channel": "email",
     "segment_key": "dormant", "share": 0.6, "p_holdout": 0.05, "p_touched": 0.12},
    {"campaign_id": "cmp_beta_2025q2", "day": "2025-05-12", "tactic": "beta_access", "channel": "in_app",
     "segment_key": "power", "share": 0.8, "p_holdout": 0.20, "p_touched": 0.26},
    {"campaign_id": "cmp_upgrade_2025q3", "day": "2025-09-01", "tactic": "upgrade_offer", "channel": "email",
     "segment_key": "casual", "share": 0.5, "p_holdout": 0.08, "p_touched": 0.08},
]  # fmt: skip
"""`p_*`: drawn probability of the response session within 13 days of the touch, beside any natural activity."""
HOLDOUT_SHARE = 0.2

MAX_PERIODS = 600


def sbg_survival(alpha: float, beta: float, periods: int = MAX_PERIODS) -> list[float]:
    """Return S(1) .. S(periods) of the shifted beta-geometric: the share still subscribed after that many periods."""
    survival = []
    value = 1.0
    for t in range(1, periods + 1):
        value *= (beta + t - 1) / (alpha + beta + t - 1)
        survival.append(value)
    return survival
