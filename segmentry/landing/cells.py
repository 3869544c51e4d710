"""SQL that casts a cell by its contract and gives the reason if it cannot.

Each cell goes through layers of columns, so that nothing is computed twice: ``_o<i>`` (as in the file), ``_s<i>`` (the
same, cut where it is too long), ``_t<i>`` (as clean text, or as typed in Parquet), ``_v<i>`` (the value) and ``_r<i>``
(a reason code, NULL when the cell is good).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from segmentry.contracts import Column
from segmentry.landing.codes import COUNTRIES, CURRENCIES, LANGUAGE_TAG
from segmentry.landing.source import literal

MAX_TEXT_BYTES = 65_536
MAX_JSON_BYTES = 1_048_576
MAX_JSON_DEPTH = 100
_KEPT_CHARS = 1_000

_WHITE_SPACE = "chr(32) || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(160) || chr(65279)"
# C0 without tab and line ends, DEL, C1, and the overrides and isolates of text direction.
_CONTROL = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F\x{80}-\x{9F}\x{202A}-\x{202E}\x{2066}-\x{2069}]"
# In ids also tabs, line ends, zero-width characters and direction marks: two ids must not look the same.
_CONTROL_IN_ID = (
    r"[\x00-\x1F\x7F\x{80}-\x{9F}\x{061C}\x{200B}-\x{200F}\x{2028}-\x{202E}\x{2060}\x{2066}-\x{2069}\x{FEFF}]"
)
_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_INTEGER = r"[+-]?[0-9]+(\.0*)?"
# as programs write floats: 9001.0, 1.43e+17
_FLOAT = r"[+-]?[0-9]+\.[0-9]+|[+-]?[0-9]+(\.[0-9]+)?e\+[0-9]+"
# one thousand where a point separates thousands, or 1 with three decimals
_THOUSANDS = r"[+-]?[1-9][0-9]{0,2}\.000"
_NOT_FINITE = r"(?i)[+-]?(nan|inf|infinity)"
_EPOCH = r"[+-]?[0-9]{9,}(\.[0-9]+)?"
_DAY_OR_MONTH_FIRST = r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-]([0-9]{4}|[0-9]{2})([ T,].*)?"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]00:00(:00(\.0+)?)?)?"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,12})?)?"
_ZONE = r"Z|z|UTC|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?"
_TIMESTAMP = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[Tt ]{_TIME} ?({_ZONE})?"

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"}
_FLOATS = {"DOUBLE", "FLOAT"}
_NAIVE_TIMESTAMPS = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}


@dataclass(frozen=True)
class Cell:
    """SQL of one cell: ``source``, ``text`` over it, ``parts`` and ``value`` over the text, ``reason`` over all."""

    source: str
    text: str
    parts: dict[str, str]
    value: str
    reason: str


def cell(column: Column, index: int, duckdb_type: str) -> Cell:
    """How to cast and check the file's column ``_o<index>`` of that type; ``index`` makes the names of the layers."""
    given, source, text, value = f"_o{index}", f"_s{index}", f"_t{index}", f"_v{index}"
    kind = "DECIMAL" if column.decimals else column.physical_type
    typed = _typed(column, kind, duckdb_type, text, value)
    if typed:
        sql, wrong = typed
        return Cell(given, source, {}, sql, _case(column, text, None, [*wrong, *_limits(column, value)]))
    if kind == "TIMESTAMP" and duckdb_type in _NAIVE_TIMESTAMPS:
        parts, sql, reason = _local_timestamp(column, index)
        return Cell(given, source, parts, sql, reason)
    limit = MAX_JSON_BYTES if column.format in {"json", "json_array"} else MAX_TEXT_BYTES
    # Long texts are cut before anything else is done with them: a few thousand side by side would fill the memory.
    is_long = f"strlen({given}::varchar) > {limit}"
    shortened = f"case when {is_long} then left({given}::varchar, {_KEPT_CHARS}) else {given}::varchar end"
    if kind == "VARCHAR" and (column.placeholders or (_is_id(column) and duckdb_type in _FLOATS)):
        parts, sql, reason = _id_text(column, index, duckdb_type)
    elif kind == "VARCHAR":
        parts, sql, reason = {}, text, _case(column, text, text, _text_reasons(column, text))
    elif kind == "TIMESTAMP":
        parts, sql, reason = _text_timestamp(column, index)
    else:
        parts = {}
        sql, reason = _from_text(column, kind, text, value)
    return Cell(shortened, _clean(source), parts, sql, f"case when {is_long} then 'too_long' else {reason} end")


def _typed(
    column: Column, kind: str, duckdb_type: str, text: str, value: str
) -> tuple[str, list[tuple[str, str]]] | None:
    """Value and possible faults of a Parquet column whose type needs no cast from text; None for the others."""
    has_zone = duckdb_type.startswith("TIMESTAMP") and duckdb_type.endswith("WITH TIME ZONE")
    cast, condition, code = "", "", ""
    if kind == "BIGINT" and duckdb_type in _INTEGERS:
        cast, condition, code = f"try_cast({text} as bigint)", f"{value} is null", "out_of_range"
    elif kind == "DOUBLE" and duckdb_type in {"DOUBLE", "FLOAT"}:
        cast, condition, code = f"{text}::double", f"not isfinite({value})", "not_finite"
    elif kind == duckdb_type == "DATE":
        cast, condition, code = text, f"not isfinite({value})", "not_a_date"
    elif kind == "TIMESTAMP" and has_zone:
        cast = f"timezone('UTC', {text}::timestamptz)"
        condition, code = f"not isfinite({value})", "not_a_timestamp"
    elif (kind == "DECIMAL" and _fits(column, duckdb_type)) or kind == duckdb_type == "BOOLEAN":
        cast = f"{text}::{column.physical_type}"
    return (cast, [(condition, code)] if condition else []) if cast else None


def _from_text(column: Column, kind: str, text: str, value: str) -> tuple[str, str]:
    """Value and reason of numbers, booleans and dates written as text."""
    if kind == "BOOLEAN":
        true, false = "('true', 't', 'yes', 'y', '1')", "('false', 'f', 'no', 'n', '0')"
        sql = f"case when lower({text}) in {true} then true when lower({text}) in {false} then false end"
        return sql, _case(column, text, value, [], otherwise="not_a_boolean")
    if kind == "DATE":
        sql = _when(_matches(text, _DATE), f"try_cast(substr({text}, 1, 10) as date)")
        wrong = [(f"{text} like '0000%'", "not_a_date")]
        detail = [(_matches(text, _DAY_OR_MONTH_FIRST), "ambiguous_date"), (_matches(text, _EPOCH), "epoch_number")]
        return sql, _case(column, text, value, wrong, otherwise="not_a_date", detail=detail)
    not_finite = (_matches(text, _NOT_FINITE), "not_finite")
    if kind == "BIGINT":
        sql = _when(_matches(text, _INTEGER), f"try_cast(split_part({text}, '.', 1) as bigint)")
        detail = [
            not_finite,
            (_matches(text, _INTEGER), "out_of_range"),
            (_matches(text, _NUMBER), "not_an_integer"),
        ]
        limits = [(_matches(text, _THOUSANDS), "ambiguous_thousands"), *_limits(column, value)]
        return sql, _case(column, text, value, limits, otherwise="not_a_number", detail=detail)
    if kind == "DOUBLE":
        sql = _when(_matches(text, _NUMBER), f"try_cast({text} as double)")
        wrong = [(f"not isfinite({value})", "out_of_range"), *_limits(column, value)]
        return sql, _case(column, text, value, wrong, otherwise="not_a_number", detail=[not_finite])
    precision, scale = column.decimals or (18, 0)
    decimals = r"[0-9]+\.?0*" if scale == 0 else rf"([0-9]+(\.[0-9]{{0,{scale}}}0*)?|\.[0-9]{{1,{scale}}}0*)"
    plain = _matches(text, rf"[+-]?{decimals}")
    # A number with an exponent is taken when the cast changes nothing: neither its decimals nor a tiny value to 0.
    exact = (
        f"try_cast({text} as decimal(38,18)) = try_cast({text} as {column.physical_type})"
        f" and try_cast({text} as double) = try_cast({text} as decimal(38,18))::double"
    )
    sql = (
        f"case when {plain} then try_cast({text} as {column.physical_type})"
        f" when {_matches(text, _NUMBER)} and {text} ~ '.*[eE].*' and {exact}"
        f" then try_cast({text} as {column.physical_type}) end"
    )
    detail = [
        not_finite,
        (f"not {_matches(text, _NUMBER)}", "not_a_number"),
        (f"{plain} or abs(try_cast({text} as double)) >= 1e{precision - scale}", "out_of_range"),
    ]
    limits = _limits(column, value)
    if scale < len("000"):
        limits = [(_matches(text, _THOUSANDS), "ambiguous_thousands"), *limits]
    return sql, _case(column, text, value, limits, otherwise="too_many_decimals", detail=detail)


def _text_timestamp(column: Column, index: int) -> tuple[dict[str, str], str, str]:
    """Parts, value and reason of an instant written as text: with its offset, or in the zone the contract declares."""
    text, value = f"_t{index}", f"_v{index}"
    local, zone = f"_local{index}", f"_zone{index}"
    written = f"substr({text}, 1, 10) || ' ' || regexp_extract({text}, '^.{{11}}([0-9:]+([.][0-9]{{1,6}})?)', 1)"
    parts = {
        local: _when(_matches(text, _TIMESTAMP), f"try_cast({written} as timestamp)"),
        zone: f"regexp_extract(substr({text}, 12), '({_ZONE})$', 1)",
    }
    digits = f"replace(substr({zone}, 2), ':', '')"
    minutes = f"left({digits}, 2)::bigint * 60 + coalesce(nullif(substr({digits}, 3), ''), '0')::bigint"
    sign = f"(case when {zone} like '-%' then -1 else 1 end)"
    offset = f"case when {zone} ~ '[+-].*' then {local} - to_minutes({sign} * ({minutes})) else {local} end"
    detail = [
        (_matches(text, _EPOCH), "epoch_number"),
        (_matches(text, _DAY_OR_MONTH_FIRST), "ambiguous_date"),
    ]
    wrong = [(f"{local} is null or {text} like '0000%'", "not_a_timestamp")]
    if column.timezone is None:
        sql = f"case when {zone} <> '' then {offset} end"
        reason = _case(column, text, None, [*detail, *wrong, (f"{value} is null", "no_time_zone")])
        return parts, sql, reason
    candidates, resolved, dst = _resolve(column.timezone, local, index)
    sql = f"case when {zone} <> '' then {offset} else {resolved} end"
    dst = [(f"{zone} = '' and {condition}", code) for condition, code in dst]
    return parts | candidates, sql, _case(column, text, None, [*detail, *wrong, *dst])


def _local_timestamp(column: Column, index: int) -> tuple[dict[str, str], str, str]:
    """Parts, value and reason of a Parquet timestamp without zone."""
    text, local = f"_t{index}", f"_local{index}"
    if column.timezone is None:
        return {}, "null::timestamp", _case(column, text, None, [("true", "no_time_zone")])
    parts = {local: f"case when isfinite({text}) then {text}::timestamp end"}
    candidates, resolved, dst = _resolve(column.timezone, local, index)
    wrong = [(f"{local} is null", "not_a_timestamp"), *dst]
    return parts | candidates, resolved, _case(column, text, None, wrong)


def _resolve(zone: str, local: str, index: int) -> tuple[dict[str, str], str, list[tuple[str, str]]]:
    """Instants that a local time can mean, by the offsets a day before and a day after: none, one or two are right."""
    name = literal(zone)

    def instant(shift: str, back: str) -> str:
        return f"timezone('UTC', timezone({name}, {local} {shift} interval 1 day)) {back} interval 1 day"

    def is_right(candidate: str) -> str:
        return f"(timezone({name}, timezone('UTC', {candidate})) = {local})"

    before, after = f"_before{index}", f"_after{index}"
    parts = {before: instant("-", "+"), after: instant("+", "-")}
    value = f"case when {is_right(before)} then {before} when {is_right(after)} then {after} end"
    wrong = [
        (f"not {is_right(before)} and not {is_right(after)}", "nonexistent_local_time"),
        (f"{before} <> {after} and {is_right(before)} and {is_right(after)}", "ambiguous_local_time"),
    ]
    return parts, value, wrong


def _id_text(column: Column, index: int, duckdb_type: str) -> tuple[dict[str, str], str, str]:
    """Parts, value and reason of an id: a float that is a whole number is that number, a placeholder is no id.

    Floats come from tools that turn a column of integers with gaps into floats. Beyond 2^53 (2^24 for single
    precision) neighbours share a float, so the id is lost. The id of a browser may look like a float and is kept.
    """
    text, value, id_ = f"_t{index}", f"_v{index}", f"_id{index}"
    id_sql = text
    if column.name != "anonymous_id" or duckdb_type in _FLOATS:
        number = f"try_cast({text} as double)"
        whole = f"{number} = trunc({number}) and abs({number}) < {2**24 if duckdb_type == 'FLOAT' else 2**53}"
        integer = f"case when {whole} then try_cast({number} as bigint)::varchar end"
        # the pattern is slow, and most ids have no point
        id_sql = (
            f"case when not contains({text}, '.') and not contains({text}, 'e+') then {text}"
            f" when {_matches(text, _FLOAT)} then {integer} else {text} end"
        )
    nobody = f"lower({id_}) in ({_list(column.placeholders)})" if column.placeholders else "false"
    wrong = [(f"{id_} is null", "float_id")]
    if column.required:
        wrong.append((f"{value} is null", "placeholder_id"))
    return (
        {id_: id_sql},
        f"case when {nobody} then null else {id_} end",
        _case(column, text, None, [*wrong, *_text_reasons(column, id_)]),
    )


def is_placeholder(column: Column, index: int) -> str:
    """SQL of whether a cell of a column with placeholders holds one."""
    return f"(_id{index} is not null and _v{index} is null)"


def _is_id(column: Column) -> bool:
    return column.primary_key or column.name.endswith("_id")


def _text_reasons(column: Column, value: str) -> list[tuple[str, str]]:
    """Possible faults of a text."""
    is_json = column.format in {"json", "json_array"}
    is_id = _is_id(column)
    wrong = []
    if column.max_length:
        wrong.append((f"length({value}) > {column.max_length}", "too_long"))
    wrong.append((f"regexp_matches({value}, '{_CONTROL_IN_ID if is_id else _CONTROL}')", "control_character"))
    if column.values:
        wrong.append((f"{value} not in ({_list(column.values)})", "not_in_set"))
    if column.format == "iso3166_alpha2":
        wrong.append((f"{value} not in ({_list(sorted(COUNTRIES))})", "not_a_country"))
    if column.format == "iso4217":
        wrong.append((f"{value} not in ({_list(sorted(CURRENCIES))})", "not_a_currency"))
    if column.format == "bcp47":
        wrong.append((f"not {_matches(value, LANGUAGE_TAG)}", "not_a_language"))
    if is_json:
        wrong += _json_reasons(column, value)
    return wrong


def _json_reasons(column: Column, value: str) -> list[tuple[str, str]]:
    """Not JSON, or too deep. DuckDB lets NaN and a comma before a closing bracket pass; other engines do not."""
    outside_texts = f"regexp_replace({value}, '\"(\\\\.|[^\"\\\\])*\"', '', 'g')"
    lax = r"(?i)nan|inf|,\s*[}\]]"
    brackets = f"regexp_replace({outside_texts}, '[^\\[\\]{{}}]', '', 'g')"
    # Each step takes the innermost pairs away; what is left after as many steps as levels allowed is too deep.
    steps = f"list_concat([{brackets}], list_resize([''::varchar], {MAX_JSON_DEPTH}, ''))"
    inner = "replace(replace(b, '[]', ''), '{}', '')"
    # A text of n levels has at least 2n characters: short texts need no count.
    deep = (
        f"case when strlen({value}) <= {2 * MAX_JSON_DEPTH} then false"
        f" when strlen({value}) - strlen(translate({value}, '[{{', '')) <= {MAX_JSON_DEPTH} then false"
        f" else list_reduce({steps}, lambda b, i: {inner}) <> '' end"
    )
    wrong = [
        (f"not json_valid({value})", "not_json"),
        # CASE and not AND: the second search is slow, and AND computes both sides.
        (f"case when regexp_matches({value}, '{lax}') then regexp_matches({outside_texts}, '{lax}') end", "not_json"),
        (deep, "too_deep_json"),
    ]
    if column.format == "json_array":
        wrong.append((f"{value} not like '[%'", "not_json"))
    return wrong


def _limits(column: Column, value: str) -> list[tuple[str, str]]:
    wrong = []
    if column.minimum is not None:
        wrong.append((f"{value} < {column.minimum}", "below_minimum"))
    if column.maximum is not None:
        wrong.append((f"{value} > {column.maximum}", "out_of_range"))
    return wrong


def _case(
    column: Column,
    given: str,
    value: str | None,
    wrong: list[tuple[str, str]],
    *,
    otherwise: str | None = None,
    detail: list[tuple[str, str]] | None = None,
) -> str:
    """The reason code of a cell: empty; without a value (``detail``, else ``otherwise``); what is wrong with it."""
    whens = [f"when {given} is null then {_code('missing_required') if column.required else 'null'}"]
    if value and otherwise:
        inner = "".join(f" when {condition} then {_code(code)}" for condition, code in detail or [])
        uncast = f"case{inner} else {_code(otherwise)} end" if inner else _code(otherwise)
        whens.append(f"when {value} is null then {uncast}")
    whens += [f"when {condition} then {_code(code)}" for condition, code in wrong]
    return f"case {' '.join(whens)} end"


def _clean(sql: str) -> str:
    """NFC without white space around it; an empty text is no value."""
    return f"nullif(trim(nfc_normalize({sql}::varchar), {_WHITE_SPACE}), '')"


def _fits(column: Column, duckdb_type: str) -> bool:
    """Whether any value of the file's DECIMAL type fits the column's."""
    found = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", duckdb_type)
    if not found or not column.decimals:
        return False
    precision, scale = int(found[1]), int(found[2])
    return scale <= column.decimals[1] and precision - scale <= column.decimals[0] - column.decimals[1]


def _when(condition: str, sql: str) -> str:
    return f"case when {condition} then {sql} end"


def _matches(sql: str, pattern: str) -> str:
    return f"regexp_full_match({sql}, {literal(pattern)})"


def _list(values: Iterable[str]) -> str:
    return ", ".join(literal(value) for value in values)


def _code(code: str) -> str:
    return literal(code)
