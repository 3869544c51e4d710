"""The results page: a self-contained HTML file with the newest results and their history."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from segmentry.config import Settings
from segmentry.files import write_text
from segmentry.quality.results import Result, Suite, folder, load
from segmentry.quality.rules import Outcome

PAGE = "index.html"
_SHOWN_RUNS = 24
_TITLES = {"feeds": "Feeds: new files", "marts": "Marts: builds before publishing"}
_STATES = {"passed": "passed", "warning": "warning", "error": "stopped", "none": "not looked at"}

_MARKS = {"passed": "✓", "warning": "!", "error": "✕", "none": ""}


def write_page(settings: Settings) -> None:
    """Rewrite the page from the saved results. The caller holds the writer lock."""
    write_text(folder(settings) / PAGE, render(load(settings)))


def render(results: Sequence[Result]) -> str:
    """The page as HTML. `results` are in order of time."""
    parts = [part for scope in _TITLES for part in _scope(scope, [r for r in results if r.scope == scope])]
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    legend = "".join(f'<span class="cell {state}">{_MARKS[state]}</span>{text}' for state, text in _STATES.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Data quality</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{style}</style></head><body><main><h1>Data quality</h1>"
        "<p>Great Expectations over samples and aggregates. Counts only: no value of the data is kept here.</p>"
        f'<p class="legend">{legend}</p>{"".join(parts)}</main></body></html>'
    )


def state_of(suite: Suite | None) -> str:
    """The worst outcome of a suite: `error`, `warning` or `passed`; `none` if it did not run."""
    if suite is None:
        return "none"
    return next((severity for severity in ("error", "warning") if suite.failed(severity)), "passed")


def _scope(scope: str, results: list[Result]) -> list[str]:
    if not results:
        return [f"<h2>{_TITLES[scope]}</h2><section><p>No suite has run yet.</p></section>"]
    newest = results[-1]
    suites = sorted(
        newest.suites, key=lambda suite: (["error", "warning", "passed"].index(state_of(suite)), suite.asset)
    )
    looked = f"{newest.at:%Y-%m-%d %H:%M} UTC, run {escape(newest.run_id)}: {len(suites)} looked at, "
    looked += f"{len(newest.failed('error'))} errors, {len(newest.failed('warning'))} warnings"
    details = "".join(_details(suite) for suite in suites) or "<p>Nothing new.</p>"
    return [f"<h2>{_TITLES[scope]}</h2><p>{looked}</p><section>{details}</section>", _history(results[-_SHOWN_RUNS:])]


def _details(suite: Suite) -> str:
    state = state_of(suite)
    failed = [outcome for outcome in suite.outcomes if not outcome.passed]
    rest = [outcome for outcome in suite.outcomes if outcome.passed]
    rows = "".join(_row(outcome) for outcome in [*failed, *rest])
    count = f"{len(failed)} of {len(suite.outcomes)} rules broken" if failed else f"{len(rest)} rules kept"
    return (
        f"<details{' open' if failed else ''}><summary>"
        f"<span class='state {state}'>{_MARKS[state]} {_STATES[state]}</span>"
        f" <b>{escape(suite.asset)}</b> <span class='soft'>{escape(suite.subject)} · {count}</span></summary>"
        "<table class='rules'><tr><th>check</th><th>rule</th><th class='number'>measured</th>"
        f"<th class='number'>rows that break it</th><th>result</th></tr>{rows}</table></details>"
    )


def _row(outcome: Outcome) -> str:
    state = "passed" if outcome.passed else outcome.severity
    measured = "" if outcome.measured is None else f"{outcome.measured:,.4g}"
    broken = "" if outcome.measured is not None else f"{outcome.failed_rows:,} of {outcome.rows:,}"
    return (
        f"<tr><td>{escape(outcome.check)}</td><td>{escape(outcome.rule)}</td><td class='number'>{measured}</td>"
        f"<td class='number'>{broken}</td><td class='state {state}'>{_MARKS[state]} {_STATES[state]}</td></tr>"
    )


def _history(results: list[Result]) -> str:
    assets = sorted({suite.asset for result in results for suite in result.suites})
    lines = []
    for asset in assets:
        cells = "".join(_cell(result, asset) for result in results)
        lines.append(f"<tr><td>{escape(asset)}</td>{cells}<td style='width:100%'></td></tr>")
    span = f"{results[0].at:%Y-%m-%d %H:%M} to {results[-1].at:%Y-%m-%d %H:%M} UTC, the newest on the right"
    return f"<section class='history'><p>History: {span}</p><table>{''.join(lines)}</table></section>"


def _cell(result: Result, asset: str) -> str:
    suite = next((suite for suite in result.suites if suite.asset == asset), None)
    state = state_of(suite)
    title = f"{result.at:%Y-%m-%d %H:%M}: {_STATES[state]}"
    return f"<td><span class='cell {state}' title='{title}'>{_MARKS[state]}</span></td>"
