"""The macros of the presets, rendered with stand-ins for what dbt puts into the Jinja context."""

from pathlib import Path

import duckdb
import jinja2
import pytest

from segmentry.landing.codes import COUNTRIES

ROOT = Path(__file__).resolve().parents[3]

ENTITIES = {
    "preset_completejourney__entities": ["campaign_touches", "events", "transactions", "users"],
    "preset_online_retail_ii__entities": ["events", "transactions", "users"],
    "preset_ravenstack__entities": ["accounts", "events", "plans", "subscriptions", "tickets", "users"],
}
TABLES = {
    "preset_completejourney__tables": [
        "campaign_descriptions",
        "campaigns",
        "coupon_redemptions",
        "demographics",
        "transactions",
    ],
    "preset_online_retail_ii__tables": ["order_lines"],
    "preset_ravenstack__tables": ["accounts", "churn_events", "feature_usage", "subscriptions", "support_tickets"],
}


class ReturnedError(Exception):
    """dbt's return() leaves the macro the same way."""


def give_back(value: object) -> None:
    raise ReturnedError(value)


def macros(preset: str) -> object:
    text = (ROOT / "macros" / "presets" / f"{preset}.sql").read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=False).from_string(text).make_module({"return": give_back})


def listed(macro: str) -> list[str]:
    with pytest.raises(ReturnedError) as returned:
        getattr(macros(macro.removeprefix("preset_").rpartition("__")[0]), macro)()
    return returned.value.args[0]


@pytest.mark.parametrize("macro", ENTITIES)
def test_entities_are_the_staging_models(macro: str) -> None:
    preset = macro.removeprefix("preset_").removesuffix("__entities")
    staged = (ROOT / "models" / "staging" / preset).glob("stg_*.sql")
    assert listed(macro) == ENTITIES[macro] == sorted(path.stem.removeprefix(f"stg_{preset}__") for path in staged)


@pytest.mark.parametrize("macro", TABLES)
def test_tables_have_a_contract_and_a_base_model(macro: str) -> None:
    preset = macro.removeprefix("preset_").removesuffix("__tables")
    contracts = (ROOT / "contracts" / preset).glob("[!_]*.yml")
    assert listed(macro) == TABLES[macro] == sorted(path.stem for path in contracts)
    for table in TABLES[macro]:
        assert (ROOT / "models" / "staging" / preset / f"base_{preset}__{table}.sql").is_file()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("United Kingdom", "GB"),
        ("EIRE", "IE"),
        ("RSA", "ZA"),
        ("USA", "US"),
        ("Channel Islands", None),
        ("European Community", None),
        ("West Indies", None),
        ("Unspecified", None),
    ],
)
def test_country_code(name: str, code: str | None) -> None:
    sql = macros("online_retail_ii").online_retail_ii__country_code("country")
    assert duckdb.execute(f"select {sql} from (select ? as country)", [name]).fetchall() == [(code,)]


def test_country_codes_exist() -> None:
    sql = macros("online_retail_ii").online_retail_ii__country_code("country")
    codes = [part.partition("'")[0] for part in sql.split("then '")[1:]]
    assert len(codes) == len(set(codes)) == 39
    assert set(codes) <= COUNTRIES
