"""Great Expectations suites as asset checks, on new files before a build and on marts before they are published."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from orchestration.defs.raw import feed_key
from orchestration.defs.resources import WRITER_POOL, Home, expected_failures
from segmentry.contracts import Contract
from segmentry.errors import BuildFailedError
from segmentry.landing import hold
from segmentry.quality import feeds, marts
from segmentry.quality.page import write_page
from segmentry.quality.results import Result, Suite, save
from segmentry.quality.thresholds import MartThresholds
from segmentry.warehouse import read_record

_PREFIX = "quality_"
_FEED_CHECKS = {
    "schema": "The contract's columns are there, and no others.",
    "values": "Value sets, formats, ranges and filled columns of the contract; the share of quarantined records.",
    "volume": "Rows per day received, and the share of rows known already, against the four weeks before.",
    "drift": "Shares of NULL and 0, sizes and mixes of values against the four weeks before.",
    "freshness": "The newest row is not old.",
}
_MART_CHECKS = {
    marts.ROWS: "The mart has not lost rows that are published now.",
    marts.SHARES: "Every share is between 0 and 1.",
    marts.SEGMENTS: "No dimension is unknown or in one segment for nearly all, or has moved at once.",
    marts.WEEKS: "The last whole week is like the one before.",
    marts.CLOCK: "The as-of date is not long past.",
}


def build_feed_checks(contracts: Mapping[str, Contract]) -> dg.AssetChecksDefinition:
    """Check new files of every feed. A file that breaks a rule of severity error is held, and the run stops."""
    keys = {contract.name: feed_key(contract) for contract in contracts.values()}

    @dg.multi_asset_check(
        name="check_feeds",
        specs=_specs(dict.fromkeys(keys.values(), _FEED_CHECKS)),
        can_subset=True,
        pool=WRITER_POOL,
    )
    def check_feeds(context: dg.AssetCheckExecutionContext, home: Home) -> Iterator[dg.AssetCheckResult]:
        settings = home.settings
        suites: list[Suite] = []
        with expected_failures(), home.writing(context.run.run_id, "check feeds"):
            for batch in feeds.new_batches(settings, contracts):
                suite = feeds.check_batch(settings, home.preset, contracts[batch.feed], batch)
                suites.append(suite)
                broken = sorted({outcome.check for outcome in suite.failed("error")})
                if broken:
                    hold(settings.raw, batch.load_ids, f"quality: {', '.join(broken)}")
                    context.log.error(f"{batch.feed}: {batch.name} is held; it broke {', '.join(broken)}")
            if suites:
                save(settings, _result(context.run.run_id, "feeds", suites))
            write_page(settings)
        selected = context.op_execution_context.selected_asset_check_keys
        for feed, key in keys.items():
            yield from _check_results(key, [suite for suite in suites if suite.asset == feed], selected)

    return check_feeds


def build_mart_checks(thresholds: MartThresholds, columns: Mapping[str, set[str]]) -> dg.AssetChecksDefinition:
    """Check every mart between build and publish. `columns` are those of each mart by `schema.table`."""
    checks = {
        dg.AssetKey(mart.split(".")): {check: _MART_CHECKS[check] for check in sorted(names)}
        for mart, names in marts.mart_checks(thresholds, columns).items()
    }

    @dg.multi_asset_check(name="check_marts", specs=_specs(checks), can_subset=True, pool=WRITER_POOL)
    def check_marts(context: dg.AssetCheckExecutionContext, home: Home) -> Iterator[dg.AssetCheckResult]:
        settings = home.settings
        with expected_failures(), home.writing(context.run.run_id, "check marts"):
            record = read_record(settings)
            if record is None or not record.warehouse.is_file():
                raise BuildFailedError("nothing has been built in this home", "Materialize the models first.")
            suites = marts.check_marts(settings, record, datetime.now(UTC).date())
            save(settings, _result(context.run.run_id, "marts", suites, record.dbt_invocation_id))
            write_page(settings)
        selected = context.op_execution_context.selected_asset_check_keys
        for suite in suites:
            yield from _check_results(dg.AssetKey(suite.asset.split(".")), [suite], selected)

    return check_marts


def _specs(checks: Mapping[dg.AssetKey, Mapping[str, str]]) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(f"{_PREFIX}{name}", asset=key, description=text, blocking=True)
        for key, described in checks.items()
        for name, text in described.items()
    ]


def _result(run_id: str, scope: str, suites: list[Suite], build_id: str | None = None) -> Result:
    return Result(
        run_id=run_id, scope=scope, at=datetime.now(UTC).replace(tzinfo=None), build_id=build_id, suites=suites
    )


def _check_results(key: dg.AssetKey, suites: list[Suite], selected: Any) -> Iterator[dg.AssetCheckResult]:
    """A result for each selected check of an asset: counts and measures, no values of the data."""
    nothing = "nothing to compare with yet" if suites else "nothing new"
    for check in (check for check in selected if check.asset_key == key):
        mine = [
            (suite, outcome)
            for suite in suites
            for outcome in suite.outcomes
            if f"{_PREFIX}{outcome.check}" == check.name
        ]
        broken = [(suite, outcome) for suite, outcome in mine if not outcome.passed]
        is_error = any(outcome.severity == "error" for _, outcome in broken)
        rules = [
            {
                "of": suite.subject,
                "rule": outcome.rule,
                "severity": outcome.severity,
                "measured": outcome.measured,
                "rows_that_break_it": outcome.failed_rows,
                "rows": outcome.rows,
            }
            for suite, outcome in broken
        ]
        said = "; ".join(f"{suite.subject}: {outcome.text()}" for suite, outcome in broken)
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=check.name,
            passed=not broken,
            severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
            description=said or (f"{len(mine)} rules kept" if mine else nothing),
            metadata={"rules": len(mine), "broken": dg.MetadataValue.json(rules)},
        )
