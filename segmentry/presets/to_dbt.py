"""Write the dbt side of the presets' contracts: sources, and properties of base and staging models.

`python -m segmentry.presets.to_dbt` writes the files into models/staging/<preset>/, `--check` names those that differ.
Source tables come from contracts/<preset>/, the columns of a staging model from the canonical contract of its entity.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from segmentry.contracts import Contract, load_contracts
from segmentry.contracts_to_dbt import LINEAGE, ROOT, STAGED_LINEAGE, dbt_type, doc_names

GENERATED = "Generated from contracts/ by `python -m segmentry.presets.to_dbt`: change the contract and run that."
LOCATION = (
    "read_parquet('{{{{ env_var('SEGMENTRY_HOME', 'data') }}}}/raw/{preset}__{{name}}/*.parquet',"
    " union_by_name = true, hive_partitioning = false)"
)


def presets(root: Path = ROOT) -> list[str]:
    """Names of the presets: folders of contracts/ with a `_preset.yml`."""
    return sorted(path.parent.name for path in (root / "contracts").glob("*/_preset.yml"))


def source_lines(preset: str, tables: dict[str, Contract]) -> Iterator[str]:
    """Lines of the sources file of a preset."""
    yield f"# {GENERATED}"
    yield "version: 2"
    yield ""
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
            yield _column(column.name, dbt_type(column), column.description)
        for name, data_type in LINEAGE.items():
            yield _column(name, data_type, f"{{{{ doc('lineage{name}') }}}}")


def model_lines(
    preset: str, tables: dict[str, Contract], entities: list[str], feeds: dict[str, Contract]
) -> Iterator[str]:
    """Lines of the properties file of a preset's base and staging models."""
    docs = doc_names(feeds.values())
    yield f"# {GENERATED}"
    yield "version: 2"
    yield ""
    yield "models:"
    for table, contract in tables.items():
        yield f"  - name: base_{preset}__{table}"
        yield f'    description: "{contract.grain} Each once: rows of the source that are not here are duplicates."'
    for entity in entities:
        feed = feeds[entity]
        yield f"  - name: stg_{preset}__{entity}"
        yield f'    description: "{feed.grain}"'
        yield "    config: {contract: {enforced: true}}"
        yield "    data_tests:"
        yield f"      - unique_combination: {{arguments: {{columns: [{', '.join(feed.dedup_key)}]}}}}"
        yield "    columns:"
        for column in feed.columns:
            tests = ["not_null"] if column.required else []
            if column.values:
                tests.append(f"{{accepted_values: {{arguments: {{values: [{', '.join(column.values)}]}}}}}}")
            doc = f"{{{{ doc('{docs[entity, column.name]}') }}}}"
            yield _column(column.name, dbt_type(column), doc, ", ".join(tests))
        if entity == "events":
            yield _column("event_key", "bigint", "{{ doc('events__event_key') }}")
            yield _column("event_date", "date", "{{ doc('events__event_date') }}")
        for name in STAGED_LINEAGE:
            yield _column(name, LINEAGE[name], f"{{{{ doc('lineage{name}') }}}}")


def rendered(root: Path = ROOT) -> dict[Path, str]:
    """Text of every generated file, by its path."""
    feeds = load_contracts(root / "contracts")
    files = {}
    for preset in presets(root):
        folder = root / "models" / "staging" / preset
        prefix = f"stg_{preset}__"
        entities = sorted(path.stem.removeprefix(prefix) for path in folder.glob(f"{prefix}*.sql"))
        contracts = load_contracts(root / "contracts", preset)
        tables = {name.removeprefix(f"{preset}__"): contracts[name] for name in contracts.keys() - feeds.keys()}
        tables = dict(sorted(tables.items()))
        files[folder / f"_{preset}__sources.yml"] = "\n".join(source_lines(preset, tables)) + "\n"
        models = model_lines(preset, tables, entities, feeds)
        files[folder / f"_{preset}__models.yml"] = "\n".join(models) + "\n"
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


def _column(name: str, data_type: str, description: str, tests: str = "") -> str:
    suffix = f", data_tests: [{tests}]" if tests else ""
    return f'      - {{name: {name}, data_type: "{data_type}", description: "{description}"{suffix}}}'


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
