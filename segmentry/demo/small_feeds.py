"""How each feed that fits one file is written: format, key, repeated rows and deliberate bad rows."""

from __future__ import annotations

from dataclasses import dataclass

PARQUET = "format parquet, compression zstd, row_group_size 122880"
CSV = ("csv", "format csv, header true")
NDJSON = ("ndjson", "format json")


@dataclass(frozen=True)
class Dirt:
    """One kind of bad row: a copy of a good row in which `column` is the SQL value `value`.

    The copy gets a key of its own unless the key is what is wrong; `reason` is the code that landing should give.
    """

    kind: str
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class SmallFeed:
    """One feed: file suffix, COPY options, columns of its key, whether rows repeat, kinds of bad rows."""

    name: str
    suffix: str
    options: str
    key: tuple[str, ...]
    repeats: bool = False
    dirt: tuple[Dirt, ...] = ()


USER_DIRT = (
    Dirt("missing_user_id", "user_id", "null", "missing_required:user_id"),
    Dirt("no_time_zone", "updated_at", "'2025-03-03 10:00:00'", "no_time_zone:updated_at"),
    Dirt("text_in_number", "birth_year", "'nineteen-eighty'", "not_a_number:birth_year"),
    Dirt("unknown_country", "country_code", "'UK'", "not_a_country:country_code"),
)
ACCOUNT_DIRT = (
    Dirt("text_in_number", "employee_count", "'about 50'", "not_a_number:employee_count"),
    Dirt("unknown_currency", "revenue_currency", "'EURO'", "not_a_currency:revenue_currency"),
)
SUBSCRIPTION_DIRT = (
    Dirt("negative_price", "unit_amount", "'-19.00'", "below_minimum:unit_amount"),
    Dirt("unknown_status", "status", "'on_hold'", "not_in_set:status"),
    Dirt("missing_account_id", "account_id", "null", "missing_required:account_id"),
    Dirt("ends_before_start", "phase_ended_at", "'2024-01-01T00:00:00Z'", "ends_before_start"),
)
SURVEY_DIRT = (
    Dirt("unknown_survey_kind", "survey_kind", "'happiness'", "not_in_set:survey_kind"),
    Dirt("score_above_scale", "score", "scale_max + 1", "score_above_scale"),
)
TICKET_DIRT = (
    Dirt("ambiguous_date", "created_at", "'03/04/2025'", "ambiguous_date:created_at"),
    Dirt("missing_ticket_id", "ticket_id", "null", "missing_required:ticket_id"),
)
SPEND_DIRT = (Dirt("negative_amount", "amount", "'-12.50'", "below_minimum:amount"),)

SMALL_FEEDS = (
    SmallFeed("plans", *CSV, key=("plan_id",)),
    SmallFeed("users", *CSV, key=("user_id", "updated_at"), repeats=True, dirt=USER_DIRT),
    SmallFeed("accounts", *CSV, key=("account_id", "updated_at"), repeats=True, dirt=ACCOUNT_DIRT),
    SmallFeed("account_members", *CSV, key=("user_id", "account_id", "valid_from")),
    SmallFeed(
        "subscriptions",
        *CSV,
        key=("subscription_id", "phase_started_at", "received_at"),
        repeats=True,
        dirt=SUBSCRIPTION_DIRT,
    ),
    SmallFeed("survey_responses", *NDJSON, key=("response_id",), repeats=True, dirt=SURVEY_DIRT),
    SmallFeed("tickets", *NDJSON, key=("ticket_id",), repeats=True, dirt=TICKET_DIRT),
    SmallFeed("campaign_touches", "parquet", PARQUET, key=("touch_id",)),
    SmallFeed("experiment_exposures", "parquet", PARQUET, key=("user_id", "experiment_id"), repeats=True),
    SmallFeed(
        "marketing_spend",
        "csv.gz",
        "format csv, header true, compression gzip",
        key=("channel", "spend_date", "campaign_id"),
        dirt=SPEND_DIRT,
    ),
    SmallFeed("consents", "ndjson.gz", "format json, compression gzip", key=("user_id", "purpose", "decided_at")),
    SmallFeed("erasure_requests", *CSV, key=("request_id",)),
    SmallFeed("fx_rates", *CSV, key=("rate_date", "currency")),
)

EVENT_REASONS = {
    "missing_event_id": "missing_required:event_id",
    "missing_event_name": "missing_required:event_name",
    "occurred_after_receipt": "in_the_future:occurred_at",
    "unknown_country": "not_a_country:country_code",
    "broken_json": "not_json:properties",
}
"""Kinds made by event_dirt() in event_feed.sql."""
MONEY_REASONS = {
    "negative_amount": "below_minimum:amount",
    "unknown_currency": "not_a_currency:currency",
    "missing_transaction_id": "missing_required:transaction_id",
    "unknown_kind": "not_in_set:kind",
}
"""Kinds made in money_feed.sql."""
