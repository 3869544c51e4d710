"""The generated reference pages are those of the project, and a stale or incomplete source is caught."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from segmentry.reference import marts, pages, settings
from segmentry.reference.__main__ import main

ROOT = Path(__file__).resolve().parents[3]
SET_BY_THE_PROJECT = {"SEGMENTRY_CODE_PORT": "orchestration/serve.py sets it for its own child processes"}


def test_pages_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_check_names_a_stale_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("segmentry.reference.__main__.FOLDER", tmp_path)
    monkeypatch.setattr("segmentry.reference.__main__.pages", lambda: {"cli.md": "new\n", "marts/core.md": "core\n"})
    assert main([]) == 0
    assert (tmp_path / "cli.md").read_text() == "new\n"
    (tmp_path / "cli.md").write_text("old\n")
    (tmp_path / "marts" / "gone.md").write_text("a schema that is no more\n")
    capsys.readouterr()
    assert main(["--check"]) == 1
    told = capsys.readouterr().out
    assert "docs/reference/cli.md" in told
    assert "docs/reference/marts/gone.md" in told
    assert "core.md" not in told


def _project(tmp_path: Path, questions: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models" / "marts" / "kpis"
    folder.mkdir(parents=True)
    (tmp_path / "models" / "docs.md").write_text("{% docs mrr %}\nMonthly\nrevenue | net.\n{% enddocs %}")
    (folder / "_kpis__models.yml").write_text(
        "models:\n  - name: kpi_x\n    description: 'One row per month (local. Always) and account: its MRR.'\n"
        "    data_tests:\n      - unique_combination: {arguments: {columns: [month, account_id]}}\n"
        "    columns:\n      - {name: mrr, data_type: double, description: \"{{ doc('mrr') }}\"}\n"
    )
    asked = tmp_path / "questions.yml"
    asked.write_text(questions)
    monkeypatch.setattr(marts, "_QUESTIONS", asked)
    return tmp_path


def test_a_mart_is_read_from_its_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (mart,) = marts.read(_project(tmp_path, "kpi_x: ['Who pays?']", monkeypatch))
    assert mart.grain == "month and account"
    assert mart.key == ("month", "account_id")
    assert mart.columns == (("mrr", "double", "Monthly revenue | net."),)
    assert "| `mrr` | double | Monthly revenue \\| net. |" in marts.page("kpis", [mart])
    assert "| [`kpi_x`](marts/kpis.md#kpi_x) | month and account | Who pays? |" in marts.overview([mart])


@pytest.mark.parametrize(("questions", "told"), [("{}", "kpi_x"), ("{kpi_x: ['Who?'], kpi_y: ['Who?']}", "kpi_y")])
def test_every_mart_has_questions_and_every_question_a_mart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, questions: str, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        marts.read(_project(tmp_path, questions, monkeypatch))


def test_every_mart_of_the_project_has_a_key() -> None:
    assert [mart.name for mart in marts.read(ROOT) if not mart.key] == []


def test_vars_are_read_with_their_reasons() -> None:
    text = (
        'name: x\nvars:\n  # ---- money\n  rate: "0.1"  # per year\n  days: 7      # a week # long\n\nmodels:\n  a: 1\n'
    )
    assert list(settings.variables(text)) == [
        ("money", [["`rate`", '`"0.1"`', "per year"], ["`days`", "`7`", "a week # long"]])
    ]
    with pytest.raises(ValueError, match="days: 7"):
        list(settings.variables("x: 1\nvars:\n  # ---- money\n  days: 7\n"))


def test_environment_variables_are_those_the_code_reads() -> None:
    """Every name that stands in code, a profile or a macro is listed, and nothing else is."""
    folders = ["segmentry", "orchestration", "macros"]
    sources = [p for f in folders for p in (ROOT / f).rglob("*") if p.suffix in {".py", ".sql"}]
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*sources, ROOT / "profiles.yml"])
    read = set(re.findall(r"SEGMENTRY_[A-Z]+(?:_[A-Z]+)*\b(?!_)", text)) - set(SET_BY_THE_PROJECT)
    read |= {"SEGMENTRY_KEEP_GENERATIONS", "SEGMENTRY_MAX_QUARANTINED_SHARE"}
    known = yaml.safe_load(settings.ENVIRONMENT.read_text(encoding="utf-8"))
    assert {name for entries in known.values() for name in entries} == read


def test_there_is_a_page_of_every_kind() -> None:
    assert {"marts.md", "configuration.md", "cli.md", "marts/kpis.md"} <= set(pages.pages())
