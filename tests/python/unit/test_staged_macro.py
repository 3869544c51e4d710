"""The macro `staged` alone, with stand-ins for what dbt puts into the Jinja context."""

from pathlib import Path

import jinja2
import pytest

MACRO = Path(__file__).resolve().parents[3] / "macros" / "staging" / "staged.sql"


class _ReturnedError(Exception):
    """dbt's return() leaves the macro the same way."""


class _CompilerError(Exception):
    pass


class _Exceptions:
    @staticmethod
    def raise_compiler_error(message):
        raise _CompilerError(message)


def staged(entity, preset, context):
    def give_back(value):
        raise _ReturnedError(value)

    template = jinja2.Environment(autoescape=False).from_string(MACRO.read_text(encoding="utf-8"))
    module = template.make_module(
        {
            "var": {"preset": preset}.__getitem__,
            "ref": lambda name: name,
            "return": give_back,
            "context": context,
            "exceptions": _Exceptions,
        }
    )
    with pytest.raises(_ReturnedError) as returned:
        module.staged(entity)
    return returned.value.args[0]


SHOP = {"preset_shop__entities": lambda: ["transactions"]}


@pytest.mark.parametrize(
    ("preset", "entity", "model"),
    [
        ("feeds", "transactions", "stg_feeds__transactions"),
        ("shop", "transactions", "stg_shop__transactions"),
        ("shop", "users", "stg_feeds__users"),
    ],
)
def test_preset_comes_first_and_the_canonical_feed_fills_in(preset, entity, model):
    assert staged(entity, preset, SHOP) == model


def test_unknown_preset_names_the_var_and_the_fix():
    with pytest.raises(_CompilerError, match=r"var 'preset' is 'shpo'.*Fix: set it to 'feeds' or .*macros/presets/"):
        staged("transactions", "shpo", SHOP)
