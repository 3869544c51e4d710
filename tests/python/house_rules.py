"""The house rules. Each is a pure function: what it is given is all it reads; what it returns is a list of violations,
each with the file and the remedy, empty when the rule holds. `house_project.py` reads the project for them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from segmentry.definitions.compiled import MARK

Violations = list[str]
Exceptions = Mapping[str, str]

SQL_LINES = 150
YAML_LINES = 250


@dataclass(frozen=True)
class Model:
    """What the rules know of a dbt model. `tests` are (kind, columns) pairs; `reads` are names with their kind."""

    name: str
    path: str
    layer: str = "intermediate"
    description: str = "One row per thing."
    columns: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    tests: tuple[tuple[str, tuple[str, ...]], ...] = ()
    contract: bool = False
    reads: tuple[tuple[str, str, str], ...] = ()  # (source | seed | model, name, layer and folder of a model)
    sql: str = "select * from final\n"

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]


@dataclass(frozen=True)
class Macro:
    """A macro as its file defines it."""

    name: str
    path: str
    arguments: tuple[str, ...] = ()


# ---- descriptions

GRAIN = re.compile(r"One row (per|in all)\b")


def without_grain(models: Iterable[Model]) -> Violations:
    """Every model is described, and the first sentence says what a row is."""
    return [
        f"{m.path}: no grain in the first sentence of {m.name}'s description. Begin it with 'One row per ...'."
        for m in models
        if not GRAIN.match(m.description.strip())
    ]


def undescribed_columns(models: Iterable[Model], actual: Mapping[str, Collection[str]]) -> Violations:
    """Every column of a model has a description. `actual` holds the columns a model really has, where known."""
    found = []
    for m in models:
        listed = {name for name, text in m.columns.items() if text.strip()}
        missing = sorted(set(actual.get(m.name, m.columns)) - listed)
        gone = sorted(set(m.columns) - set(actual.get(m.name, m.columns)))
        if not m.columns:
            found.append(f"{m.path}: no column of {m.name} is described. List them in the folder's models YAML.")
        elif missing:
            found.append(f"{m.path}: {m.name} has columns without description: {', '.join(missing)}. Add a doc block.")
        if gone:
            found.append(f"{m.path}: {m.name} has no column {', '.join(gone)}. Remove it from the models YAML.")
    return found


def described_twice(texts: Iterable[tuple[str, str]]) -> Violations:
    """A column is described once. `texts` are (file, description as written) of every column."""
    written = [(file, text.strip()) for file, text in texts if text.strip() and "doc(" not in text]
    counts = Counter(text for _, text in written)
    return [
        f"{file}: '{text}' is written {counts[text]} times. Move it to a doc block in models/docs."
        for file, text in written
        if counts[text] > 1
    ]


def unused_doc_blocks(blocks: Iterable[tuple[str, str]], yaml_text: str) -> Violations:
    """Every doc block is used. `blocks` are (file, name)."""
    return [
        f"{file}: doc block {name} is used nowhere. Remove it."
        for file, name in blocks
        if not re.search(rf"""doc\(['"]{name}['"]\)""", yaml_text)
    ]


# ---- tests and contracts


def unkeyed(models: Iterable[Model], exceptions: Exceptions) -> Violations:
    """Every model has a tested key."""
    models = list(models)
    keyed = {m.name: any(kind in {"unique", "unique_combination"} for kind, _ in m.tests) for m in models}
    found = [
        f"{m.path}: no key of {m.name} is tested. Add `unique` to a column or `unique_combination` to the model."
        for m in models
        if not keyed[m.name] and m.name not in exceptions
    ]
    return found + _stale(exceptions, {name for name, is_keyed in keyed.items() if not is_keyed})


def scattered_not_nulls(models: Iterable[Model]) -> Violations:
    """Several columns that are never NULL share one scan: each test of a column costs dbt as much as a model."""
    return [
        f"{m.path}: {m.name} tests {count} columns with not_null. Name them in one not_null_columns of the model."
        for m in models
        for count in [sum(kind == "not_null" for kind, _ in m.tests)]
        if count > 1
    ]


def without_contract(models: Iterable[Model]) -> Violations:
    """Contracts are enforced where others begin to rely on a table: staging (not its private base models), marts."""
    return [
        f"{m.path}: the contract of {m.name} is not enforced. Set config.contract.enforced and every data_type."
        for m in models
        if not m.contract and (m.layer == "marts" or (m.name.startswith("stg_") or m.name == "quarantine"))
    ]


SUM = re.compile(r"bigint|decimal\b")


def without_parts_law(models: Iterable[Model], exceptions: Exceptions) -> Violations:
    """Counts and amounts of a mart by segment add up to the total: its test names each, or an exception does."""
    found = {}
    for m in models:
        if m.layer == "marts" and "segment_dimension" in m.types:
            proved = {column for kind, columns in m.tests if kind == "segments_sum_to_total" for column in columns}
            for name, kind in m.types.items():
                if SUM.match(kind) and name not in proved:
                    found[f"{m.name}.{name}"] = (
                        f"{m.path}: {name} is in no segments_sum_to_total of {m.name}. Add it there."
                    )
    return [text for name, text in found.items() if name not in exceptions] + _stale(exceptions, set(found))


def without_small_n(models: Iterable[Model], exceptions: Exceptions) -> Violations:
    """Rates by segment rest on few here and there: a mart that has any says where."""
    found = {
        m.name: f"{m.path}: {m.name} has rates by segment and no is_small_n. Add macro is_small_n() of their n."
        for m in models
        if m.layer == "marts"
        and "segment_dimension" in m.types
        and "double" in m.types.values()
        and not any(name.startswith("is_small_") for name in m.types)
    }
    return [text for name, text in found.items() if name not in exceptions] + _stale(exceptions, set(found))


LOGIC = re.compile(r"\b(case|over|join|having|between)\b|[<>]", re.IGNORECASE)


def has_logic(sql: str) -> bool:
    """Whether a model branches, ranks, joins or cuts at a boundary."""
    return bool(LOGIC.search(_jinja_comments_removed(sql)))


def without_unit_test(
    models: Iterable[Model], unit_tests: Iterable[tuple[str, str]], exceptions: Exceptions
) -> Violations:
    """Every mart, and every intermediate model with logic, has a unit test. `unit_tests` are (name, model)."""
    tested = {model for _, model in unit_tests}
    due = {m.name: m for m in models if m.layer == "marts" or (m.layer == "intermediate" and has_logic(m.sql))}
    found = [
        f"{m.path}: {name} has no unit test. Write test_{name}__<behaviour> in a YAML of {m.folder}."
        for name, m in due.items()
        if name not in tested and name not in exceptions
    ]
    return found + _stale(exceptions, set(due) - tested)


def misnamed_unit_tests(unit_tests: Iterable[tuple[str, str]]) -> Violations:
    """A unit test's name says its model and what it shows."""
    return [
        f"unit test {name}: call it test_{model}__<behaviour>."
        for name, model in unit_tests
        if not re.fullmatch(rf"test_{model}__[a-z0-9_]+", name)
    ]


# ---- macros and vars


def macros_in(path: str, text: str) -> list[Macro]:
    """The macros that a file defines. A dispatched implementation is documented and tested as its dispatcher."""
    found = []
    for name, signature in re.findall(r"{%-?\s*macro\s+(\w+)\s*\((.*?)\)\s*-?%}", text, re.DOTALL):
        if not re.match(r"(duckdb|spark|postgres|snowflake|bigquery|redshift|databricks|default)__", name):
            arguments = (re.split(r"\s*=", part)[0].strip() for part in _top_level_parts(signature))
            found.append(Macro(name, path, tuple(a for a in arguments if a)))
    return found


def undocumented_macros(macros: Iterable[Macro], documented: Mapping[str, Mapping[str, list[str]]]) -> Violations:
    """Every macro stands in its folder's YAML with every argument. `documented`: folder -> macro -> arguments."""
    macros = list(macros)
    found = []
    for m in macros:
        folder = m.path.rpartition("/")[0]
        yaml_file = f"{folder}/_{folder.rpartition('/')[2]}__macros.yml"
        arguments = documented.get(folder, {}).get(m.name)
        if arguments is None:
            found.append(f"{m.path}: macro {m.name} is not described. Describe it in {yaml_file}.")
        elif list(m.arguments) != arguments:
            found.append(f"{yaml_file}: {m.name} takes {list(m.arguments)}, documented: {arguments}. Make them equal.")
    defined = {(m.path.rpartition("/")[0], m.name) for m in macros}
    for folder, entries in documented.items():
        found += [
            f"{folder}: there is no macro {name}. Remove it from the YAML."
            for name in entries
            if (folder, name) not in defined
        ]
    return found


def untested_macros(macros: Iterable[Macro], tests: Iterable[str], exceptions: Exceptions) -> Violations:
    """Every macro is named by a test. `tests` are the texts of tests/dbt/macros and of the Python tests of macros.

    The two lists of each preset are configuration: they are tested by building the preset.
    """
    text = "\n".join(tests)
    untested = {m.name: m for m in macros if not re.search(rf"\b{m.name}\b", text)}
    untested = {name: m for name, m in untested.items() if not re.fullmatch(r"preset_\w+__(entities|tables)", name)}
    found = [
        f"{m.path}: macro {name} has no test. Call it with literal values in tests/dbt/macros/."
        for name, m in untested.items()
        if name not in exceptions
    ]
    return found + _stale(exceptions, set(untested))


def wrong_vars(declared: Collection[str], validated: Collection[str], read: Mapping[str, str]) -> Violations:
    """Declared, validated and read vars are the same. `read`: var -> file; `x_*` reads all that begin so."""
    prefixes = tuple(v[:-1] for v in read if v.endswith("*"))
    unread = [v for v in declared if v not in read and not v.startswith(prefixes)]
    undeclared = [
        v for v in read if v not in declared and not (v.endswith("*") and any(d.startswith(v[:-1]) for d in declared))
    ]
    rules = "macros/config/validate_vars.sql"
    return [
        *(f"dbt_project.yml: var {v} is read nowhere. Remove it." for v in unread),
        *(f"{read[v]}: var {v} is not declared. Declare it in dbt_project.yml." for v in undeclared),
        *(f"{rules}: var {v} has no rule. Add its pattern." for v in declared if v not in validated),
        *(f"{rules}: there is no var {v}. Remove its rule." for v in validated if v not in declared),
    ]


# ---- the text of files


def is_compiled(text: str) -> bool:
    """Whether `segmentry definitions compile` wrote the file: its length follows from the definitions."""
    return MARK in text.partition("\n")[0]


def too_long(files: Mapping[str, str]) -> Violations:
    """Caps: SQL models and YAML files that people write, by number of lines."""
    found = []
    for path, text in files.items():
        if is_compiled(text):
            continue
        lines = text.count("\n") + (not text.endswith("\n"))
        if path.startswith("models/") and path.endswith(".sql") and lines > SQL_LINES:
            found.append(f"{path}: {lines} lines, {SQL_LINES} are allowed. Split it where the grain changes.")
        if path.endswith((".yml", ".yaml")) and lines > YAML_LINES:
            found.append(f"{path}: {lines} lines, {YAML_LINES} are allowed. Split the file or its folder.")
    return found


CLOCK = re.compile(
    r"\b(current_date|current_timestamp|localtimestamp|current_time|sysdate|run_started_at|modules\.datetime)\b"
    r"|\b(now|today|random|rand|uuid|gen_random_uuid|get_current_timestamp|getdate)\s*\(",
    re.IGNORECASE,
)


def wall_clock(files: Mapping[str, str]) -> Violations:
    """One clock, no chance: two builds of one input give equal tables."""
    return [
        f"{path}: reads `{hit.group().strip('(')}`. Use as_of_date(), or a column of the data."
        for path, text in files.items()
        for hit in [CLOCK.search(comments_removed(text))]
        if hit
    ]


DIVIDED_DECIMAL = re.compile(r"(?<![\w.])\d+\.\d+\s*/|/\s*\d+\.\d+(?![\de])")


def divided_decimals(files: Mapping[str, str]) -> Violations:
    """1.0 / 12 is 0.083333 where literals with a point are decimals, and a double elsewhere."""
    return [
        f"{path}: divides by or into the decimal `{hit.group().strip(' /')}`. Write it as a double: 12e0, 0.5e0."
        for path, text in files.items()
        for hit in [DIVIDED_DECIMAL.search(comments_removed(text))]
        if hit
    ]


MONEY = re.compile(
    r"(^|_)(amount|price|mrr|revenue|refunds|refunded|spend|monetary|arpu|arppu|arpa|clv|order_value)(_|$)"
)
NO_MONEY = re.compile(r"_(rate|ratio|share|score|band|currency|model|days|key|rank|count|customers|on|at)$|^(is|has)_")
NUMBER = re.compile(r"double|float|real|int|number|numeric(?!\()|hugeint", re.IGNORECASE)


def float_money(models: Iterable[Model]) -> Violations:
    """Sums of floating point numbers depend on their order: money is decimal, in contracts and in fact."""
    return [
        f"{m.path}: {m.name}.{name} is {kind}. Money is decimal(18,2): wrap it in the macro money()."
        for m in models
        for name, kind in m.types.items()
        if MONEY.search(name) and not NO_MONEY.search(name) and NUMBER.search(kind)
    ]


FOLLOWS_A_TABLE = r"(?:where|on|group|inner|left|full|cross|join|order|union|having|limit)\b"
ALIASED = re.compile(
    r"{{-?\s*(?:ref|staged|source|raw_source)\([^}]*\)\s*-?}}[ \t]*(?:as[ \t]+)?" rf"(?!{FOLLOWS_A_TABLE})[a-z_]\w*",
    re.IGNORECASE,
)


def aliased_refs(files: Mapping[str, str]) -> Violations:
    """`dbt build --empty` and unit tests put a subquery in a ref's place: an alias behind it does not parse."""
    return [
        f"{path}: alias after `{' '.join(hit.group().split())}`. Import it in a CTE of that name."
        for path, text in files.items()
        for hit in ALIASED.finditer(comments_removed(text))
    ]


def without_final(models: Iterable[Model]) -> Violations:
    """The last line of a model is the same everywhere, so that every step can be looked at by changing one word."""
    return [
        f"{m.path}: does not end with `select * from final`. Name the last CTE final and select from it."
        for m in models
        if m.sql.rstrip().splitlines()[-1:] != ["select * from final"]
    ]


# ---- direction

MAY_READ = {"staging": {"source", "staging"}, "intermediate": {"staging", "intermediate", "seed"}}
MAY_READ["marts"] = {"staging", "intermediate", "marts", "seed"}


def against_the_way(models: Iterable[Model], exceptions: Exceptions) -> Violations:
    """Sources -> staging -> intermediate -> marts. Staging reads its sources and models of its own folder only."""
    found, used = [], set()
    for m in models:
        for kind, name, place in m.reads:
            layer = place.split("/")[0] if kind == "model" else kind
            strange_folder = m.layer == "staging" and kind == "model" and f"models/{place}" != m.folder
            if layer not in MAY_READ[m.layer] or strange_folder:
                used.add(m.name)
                if m.name not in exceptions:
                    found.append(
                        f"{m.path}: {m.name} ({m.layer}) reads {kind} {name} ({place}). Read an earlier layer."
                    )
    return found + _stale(exceptions, used)


def past_the_preset(models: Iterable[Model]) -> Violations:
    """Behind staging, entities are read through staged(), or a preset would have no effect. Fitted models are none."""
    return [
        f"{m.path}: refers to {name} by name. Write {{{{ staged('{name.rpartition('__')[2]}') }}}}."
        for m in models
        if m.layer == "intermediate"
        for name in re.findall(r"ref\(\s*['\"](stg_(?!models__)\w+)", m.sql)
    ]


# ---- what must not be in the repository

# each pattern is written so that it does not match itself
UNWANTED = {
    "a path of a machine": re.compile(r"/(?:home|Users|root)/[A-Za-z0-9_.]+/|\bC:\\Users\\|(?<![\w./-])/mnt/[a-z]"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE[ ]KEY-----"),
    "an access key": re.compile(
        r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[baprs]-[A-Za-z0-9-]{10,}|sk_live_[A-Za-z0-9]{16,})"
    ),
    "a password": re.compile(r"(?i)\b(?:password|passwd|secret|api_key|token)\s*[:=]\s*['\"][^'\"{}<>$\s]{6,}['\"]"),
}


def unwanted_text(files: Mapping[str, str]) -> Violations:
    """No path of a machine and no secret is committed."""
    return [
        f"{path}:{text.count(chr(10), 0, hit.start()) + 1}: holds {what}. Take it out (a secret: revoke it too)."
        for path, text in files.items()
        for what, pattern in UNWANTED.items()
        for hit in pattern.finditer(text)
    ]


# ---- helpers


def comments_removed(text: str) -> str:
    """SQL or Jinja without comments, which may name what code may not."""
    return re.sub(r"--[^\n]*|/\*.*?\*/", "", _jinja_comments_removed(text), flags=re.DOTALL)


def _jinja_comments_removed(text: str) -> str:
    return re.sub(r"--[^\n]*", "", re.sub(r"{#.*?#}", "", text, flags=re.DOTALL))


def _top_level_parts(signature: str) -> list[str]:
    return re.sub(r"\[[^\]]*\]|\{[^}]*\}|\([^)]*\)|'[^']*'|\"[^\"]*\"", "", signature).split(",")


def _stale(exceptions: Exceptions, needed: Collection[str]) -> Violations:
    return [
        f"exception for {name} ({reason}) is not needed. Remove it."
        for name, reason in exceptions.items()
        if name not in needed
    ]
