"""Write the dbt side of the presets' contracts: sources, doc blocks, and properties of base and staging models.

`python -m segmentry.presets.to_dbt` writes the files into models/staging/<preset>/, `--check` names those that differ.
Source tables and base models have the columns of contracts/<preset>/, a staging model has those of the canonical
contract of its entity. A base model with columns of its own is described in a file written by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from segmentry.contracts import Contract, load_contracts
from segmentry.contracts_to_dbt import LINEAGE, ROOT, STAGED_LINEAGE, dbt_type, doc_names, model_tests

GENERATED = "Generated from contracts/ by `python -m segmentry.presets.to_dbt`: change the contract and run that."
LOCATION = (
    "read_parquet('{{{{ env_var('SEGMENTRY_HOME', 'data') }}}}/raw/{preset}__{{name}}/*.parquet',"
    " union_by_name = true, hive_partitioning = false)"
)


def presets(root: Path = ROOT) -> list[str]:
    """Names of the presets: folders of contracts/ with a `_preset.yml`."""
    return sorted(path.parent.name for path in (root / "contracts").glob("*/_preset.yml"))


def table_docs(preset: str, tables: dict[str, Contract]) -> dict[tuple[str, str], str]:
    """Name of the doc block of every (table, column); a description that tables share is written once."""
    names = doc_names(tables.values())
    return {
        (table, column.name): name if "__" in name else f"{preset}__{name}"
        for table, contract in tables.items()
        for column in contract.columns
        for name in [names[contract.name, column.name]]
    }


def source_lines(preset: str, tables: dict[str, Contract]) -> Iterator[str]:
    """Lines of the sources file of a preset."""
    docs = table_docs(preset, tables)
    yield from _head()
    yield "sources:"
    yield f"  - name: {preset}"
    yield "    description: Landed tables of the preset, read in place; with var raw_schema, tables of that schema."
    yield f"""    schema: "{{{{ var('raw_schema') or '{preset}' }}}}\""""
    yield "    config:"
    yield f"""      enabled: "{{{{ var('preset') == '{preset}' }}}}\""""
    yield "      meta:"
    yield f'        external_location: "{LOCATION.format(preset=preset)}"'
    yield "    tables:"
    for table, contract in tables.items():
        yield f"    - name: {table}"
        yield f'      description: "{contract.grain} Accepted rows as they were landed, duplicates included."'
        yield "      columns:"
        for column in contract.columns:
            yield _column(column.name, dbt_type(column), docs[table, column.name])
        yield from _lineage(LINEAGE)


def base_lines(preset: str, tables: dict[str, Contract]) -> Iterator[str]:
    """Lines of the properties file of a preset's base models."""
    docs = table_docs(preset, tables)
    yield from _head()
    yield "models:"
    for table, contract in tables.items():
        yield f"  - name: base_{preset}__{table}"
        yield f'    description: "{contract.grain} Each once: rows of the source that are not here are duplicates."'
        yield from model_tests(contract.dedup_key, [])
        yield "    columns:"
        for column in contract.columns:
            yield _column(column.name, dbt_type(column), docs[table, column.name])
        yield from _lineage(STAGED_LINEAGE)


def model_lines(preset: str, entities: list[str], feeds: dict[str, Contract]) -> Iterator[str]:
    """Lines of the properties file of a preset's staging models."""
    docs = doc_names(feeds.values())
    yield from _head()
    yield "models:"
    for entity in entities:
        feed = feeds[entity]
        yield f"  - name: stg_{preset}__{entity}"
        yield f'    description: "{feed.grain}"'
        yield "    config: {contract: {enforced: true}}"
        filled = [column.name for column in feed.columns if column.required]
        yield from model_tests(feed.dedup_key, filled)
        yield "    columns:"
        for column in feed.columns:
            tests = ["not_null"] if filled == [column.name] else []
            if column.values:
                tests.append(f"{{accepted_values: {{arguments: {{values: [{', '.join(column.values)}]}}}}}}")
            yield _column(column.name, dbt_type(column), docs[entity, column.name], ", ".join(tests))
        if entity == "events":
            yield _column("event_key", "bigint", "events__event_key")
            yield _column("event_date", "date", "events__event_date")
        yield from _lineage(STAGED_LINEAGE)


def doc_text(preset: str, tables: dict[str, Contract]) -> str:
    """Doc blocks of the columns of a preset's tables."""
    docs = table_docs(preset, tables)
    texts = {docs[table, c.name]: c.description for table, contract in tables.items() for c in contract.columns}
    blocks = [f"{{% docs {name} %}}\n{text}\n{{% enddocs %}}" for name, text in sorted(texts.items())]
    return "\n\n".join([f"<!-- {GENERATED} -->", *blocks]) + "\n"


def rendered(root: Path = ROOT) -> dict[Path, str]:
    """Text of every generated file, by its path."""
    feeds = load_contracts(root / "contracts")
    files = {}
    for preset in presets(root):
        folder = root / "models" / "staging" / preset
        contracts = load_contracts(root / "contracts", preset)
        tables = {name.partition("__")[2]: contracts[name] for name in sorted(contracts.keys() - feeds.keys())}
        files[folder / f"_{preset}__sources.yml"] = _text(source_lines(preset, tables))
        files[folder / f"_{preset}__docs.md"] = doc_text(preset, tables)
        by_hand = {path.name.removesuffix(".yml").lstrip("_") for path in folder.glob("_base_*.yml")}
        generated = {table: tables[table] for table in tables if f"base_{preset}__{table}" not in by_hand}
        if generated:
            files[folder / f"_{preset}__base.yml"] = _text(base_lines(preset, generated))
        prefix = f"stg_{preset}__"
        entities = sorted(path.stem.removeprefix(prefix) for path in folder.glob(f"{prefix}*.sql"))
        files[folder / f"_{preset}__models.yml"] = _text(model_lines(preset, entities, feeds))
    return files


def differing(root: Path = ROOT) -> list[Path]:
    """Generated files that are absent or differ from the contracts."""
    return [
        path for path, text in rendered(root).items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` only name those that differ; returns the exit code."""
    if arguments == ["--check"]:
        stale = differing()
        for path in stale:
            print(f"{path.relative_to(ROOT)} differs from contracts/: run python -m segmentry.presets.to_dbt")
        return 1 if stale else 0
    for path, text in rendered().items():
        path.write_text(text, encoding="utf-8")
    return 0


def _head() -> list[str]:
    return [f"# {GENERATED}", "version: 2", ""]


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def _lineage(columns: Iterable[str]) -> list[str]:
    return [_column(name, LINEAGE[name], f"lineage{name}") for name in columns]


def _column(name: str, data_type: str, doc: str, tests: str = "") -> str:
    suffix = f", data_tests: [{tests}]" if tests else ""
    return f"""      - {{name: {name}, data_type: "{data_type}", description: "{{{{ doc('{doc}') }}}}"{suffix}}}"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
