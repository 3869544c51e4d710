"""Write the dbt side of the canonical contracts: sources, staging model properties and doc blocks.

A contract is the one place where a feed's columns, types, value sets and descriptions are written. What dbt needs of
it stands in generated files; `python -m segmentry.contracts_to_dbt` writes them, `--check` names those that differ.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from segmentry.contracts import Column, Contract, load_contracts

ROOT = Path(__file__).resolve().parents[1]
GENERATED = "Generated from contracts/ by `python -m segmentry.contracts_to_dbt`: change the contract and run that."

# One file of properties per group: no YAML file above 250 lines.
GROUPS = {
    "activity": ["events", "web_vitals", "experiment_exposures", "campaign_touches"],
    "customers": ["users", "accounts", "account_members", "consents", "erasure_requests"],
    "money": ["subscriptions", "plans", "transactions", "fx_rates", "marketing_spend"],
    "voice": ["survey_responses", "tickets"],
}
LINEAGE = {
    "_extra": "string",
    "_batch_id": "string",
    "_file": "string",
    "_row": "bigint",
    "_load_id": "bigint",
    "_landed_at": "timestamp",
}
STAGED_LINEAGE = ["_batch_id", "_row", "_load_id"]
LOCATION = (
    "read_parquet('{{ env_var('SEGMENTRY_HOME', 'data') }}/raw/{name}/*.parquet',"
    " union_by_name = true, hive_partitioning = false)"
)


def dbt_type(column: Column) -> str:
    """Type name that DuckDB and Spark both accept in a dbt contract."""
    return "string" if column.physical_type == "VARCHAR" else column.physical_type.lower()


def doc_names(feeds: Collection[Contract]) -> dict[tuple[str, str], str]:
    """Name of the doc block of every (feed, column).

    A description that several feeds share under the same column name is written once, in a block named like the
    column; every other block is named `<feed>__<column>`.
    """
    uses = Counter((column.name, column.description) for feed in feeds for column in feed.columns)
    names = {}
    for feed in feeds:
        for column in feed.columns:
            is_shared = uses[column.name, column.description] > 1
            names[feed.name, column.name] = column.name if is_shared else f"{feed.name}__{column.name}"
    return names


def _column(name: str, data_type: str, doc: str, tests: str = "") -> str:
    suffix = f", data_tests: [{tests}]" if tests else ""
    return f"""      - {{name: {name}, data_type: "{data_type}", description: "{{{{ doc('{doc}') }}}}"{suffix}}}"""


def model_tests(key: Collection[str], filled: Collection[str]) -> Iterator[str]:
    """Lines of the tests of a model: its key is unique, and several columns that are never NULL share one scan."""
    tests = {"unique_combination": key, "not_null_columns": filled if len(filled) > 1 else []}
    if any(tests.values()):
        yield "    data_tests:"
    for name, columns in tests.items():
        if columns:
            yield f"      - {name}: {{arguments: {{columns: [{', '.join(columns)}]}}}}"


def _lineage_doc(column: str) -> str:
    return f"lineage{column}"


def source_lines(feeds: Collection[Contract], docs: dict[tuple[str, str], str]) -> Iterator[str]:
    """Lines of the sources file of one group of feeds."""
    yield f"# {GENERATED}"
    yield "version: 2"
    yield ""
    yield "sources:"
    yield "  - name: raw"
    yield "    description: Landed feeds, read in place; with var raw_schema, tables of that schema."
    yield """    schema: "{{ var('raw_schema') or 'raw' }}\""""
    yield "    config:"
    yield "      meta:"
    yield f'        external_location: "{LOCATION}"'
    yield "    tables:"
    for feed in feeds:
        yield f"    - name: {feed.name}"
        yield f'      description: "{feed.grain} Accepted rows as they were landed, duplicates included."'
        yield "      columns:"
        for column in feed.columns:
            yield _column(column.name, dbt_type(column), docs[feed.name, column.name])
        for name, data_type in LINEAGE.items():
            yield _column(name, data_type, _lineage_doc(name))


def model_lines(feeds: Collection[Contract], docs: dict[tuple[str, str], str]) -> Iterator[str]:
    """Lines of the properties file of the staging models of one group of feeds."""
    yield f"# {GENERATED}"
    yield "version: 2"
    yield ""
    yield "models:"
    for feed in feeds:
        is_view = feed.name == "events"
        yield f"  - name: stg_feeds__{feed.name}"
        if is_view:
            yield f'    description: "{feed.grain} Duplicates are still there: int_events drops them."'
            yield "    config: {materialized: view, contract: {enforced: true}}"
        else:
            yield f'    description: "{feed.grain}"'
            yield "    config: {contract: {enforced: true}}"
        filled = [column.name for column in feed.columns if column.primary_key and column.required]
        yield from model_tests([] if is_view else feed.dedup_key, filled)
        yield "    columns:"
        for column in feed.columns:
            tests = ["not_null"] if filled == [column.name] else []
            if column.values:
                tests.append(f"{{accepted_values: {{arguments: {{values: [{', '.join(column.values)}]}}}}}}")
            doc = docs[feed.name, column.name]
            yield _column(column.name, dbt_type(column), doc, ", ".join(tests))
        if is_view:
            yield _column("event_key", "bigint", "events__event_key")
            yield _column("event_date", "date", "events__event_date")
        for name in STAGED_LINEAGE:
            yield _column(name, LINEAGE[name], _lineage_doc(name))


def doc_files(feeds: Collection[Contract], docs: dict[tuple[str, str], str]) -> Iterator[tuple[str, str]]:
    """(file name, text) of the doc blocks: one file per feed, and one of what several feeds share."""
    shared: dict[str, str] = {}
    for feed in feeds:
        blocks = []
        for column in feed.columns:
            name = docs[feed.name, column.name]
            block = f"{{% docs {name} %}}\n{column.description}\n{{% enddocs %}}"
            if name == column.name:
                shared[name] = block
            else:
                blocks.append(block)
        yield f"{feed.name}.md", "\n\n".join([f"<!-- {GENERATED} -->", *blocks]) + "\n"
    yield "shared.md", "\n\n".join([f"<!-- {GENERATED} -->", *(shared[name] for name in sorted(shared))]) + "\n"


def rendered(root: Path = ROOT) -> dict[Path, str]:
    """Text of every generated file, by its path."""
    feeds = load_contracts(root / "contracts")
    docs = doc_names(feeds.values())
    staging = root / "models" / "staging" / "feeds"
    files = {}
    for group, names in GROUPS.items():
        members = [feeds[name] for name in names]
        files[staging / f"_{group}__sources.yml"] = "\n".join(source_lines(members, docs)) + "\n"
        files[staging / f"_{group}__models.yml"] = "\n".join(model_lines(members, docs)) + "\n"
    for name, text in doc_files(feeds.values(), docs):
        files[root / "models" / "docs" / "feeds" / name] = text
    return files


def differing(root: Path = ROOT) -> list[Path]:
    """Generated files that are absent or differ from the contracts."""
    return [
        path for path, text in rendered(root).items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` only name those that differ; returns the exit code."""
    stale = differing()
    if arguments == ["--check"]:
        for path in stale:
            print(f"{path.relative_to(ROOT)} differs from contracts/: run python -m segmentry.contracts_to_dbt")
        return 1 if stale else 0
    for path, text in rendered().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
