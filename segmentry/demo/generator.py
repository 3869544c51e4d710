"""Run the generator: latent tables, events by month, small feeds, truth.

All randomness is a hash of row numbers and the seed (purchases: one seeded NumPy stream), so the result depends on
neither the number of threads nor the order in which rows are made.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib.resources import files
from pathlib import Path

import duckdb

from segmentry.demo import purchases
from segmentry.demo.parameters import (
    ACCOUNTS_AT_SCALE_1,
    ALIAS_SHARE,
    CAMPAIGNS,
    END_DAY,
    EXPERIMENT,
    FIRST_DAY,
    HOLDOUT_SHARE,
    SBG,
    USERS_PER_ACCOUNT,
    sbg_survival,
)
from segmentry.demo.truth import write_truth
from segmentry.demo.writing import BAD_SHARE, Written, write_events_month, write_money_months, write_small_feeds
from segmentry.progress import Progress

"""Called with (what is being made, steps done, steps in all)."""


def generate(
    inbox: Path,
    truth: Path,
    *,
    scale: float = 1.0,
    seed: int = 7,
    on_progress: Progress | None = None,
    threads: int | None = None,
    memory_limit: str = "3GB",
) -> None:
    """Write the demo company's feeds to `inbox/<feed>/` and what they were drawn from to `truth/`.

    `scale` 1 is 2,000 accounts, 12,000 users and about 1.5 million events from 2024-07-01 to 2025-12-31 (UTC). The
    same scale and seed give the same rows. Feed folders and the truth folder are replaced. Raises ValueError for a
    scale that leaves fewer than 20 accounts or a negative seed.
    """
    accounts = round(ACCOUNTS_AT_SCALE_1 * scale)
    if accounts < 20:
        raise ValueError(f"scale {scale} makes {accounts} accounts; use 0.01 (20 accounts) or more")
    if seed < 0:
        raise ValueError(f"seed {seed} is negative; use 0 or more")
    inbox.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(truth, ignore_errors=True)
    truth.mkdir(parents=True)
    months = list(_months())
    total = len(months) + 4
    notify = on_progress or (lambda _what, _done, _total: None)
    written = Written(inbox)
    with _database(inbox, threads, memory_limit) as con:
        notify("company, subscriptions and orders", 0, total)
        _prepare(con, accounts, seed)
        for number, (start, end) in enumerate(months):
            notify(f"events of {start:%Y-%m}", 1 + number, total)
            con.execute(f"create or replace macro m0() as timestamp '{start}';")
            con.execute(f"create or replace macro m1() as timestamp '{end}';")
            con.execute(f"create or replace macro month_no() as {number};")
            con.execute(_sql("events_month"))
            write_events_month(con, written, f"{start:%Y-%m}")
        notify("transactions", total - 3, total)
        con.execute(_sql("money_feed"))
        write_money_months(con, written, months)
        notify("other feeds", total - 2, total)
        con.execute(_sql("feeds"))
        con.execute(_sql("feeds_voice"))
        write_small_feeds(con, written)
        notify("truth", total - 1, total)
        con.execute(_sql("truth"))
        write_truth(con, truth, written, scale=scale, seed=seed)
        notify("done", total, total)


def _months() -> Iterator[tuple[date, date]]:
    start = FIRST_DAY
    while start < END_DAY:
        end = date(start.year + start.month // 12, start.month % 12 + 1, 1)
        yield start, end
        start = end


@contextmanager
def _database(inbox: Path, threads: int | None, memory_limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection to a temporary database on disk, so that memory stays bounded at any scale."""
    with tempfile.TemporaryDirectory(prefix=".demo-", dir=inbox.parent) as folder:
        con = duckdb.connect(str(Path(folder) / "latent.duckdb"))
        try:
            con.execute("set timezone = 'UTC'")
            con.execute("set enable_progress_bar = false")  # the caller shows progress
            con.execute(f"set memory_limit = '{memory_limit}'")
            con.execute(f"set temp_directory = '{Path(folder) / 'spill'}'")
            if threads is not None:
                con.execute(f"set threads = {threads}")
            yield con
        finally:
            con.close()


def _prepare(con: duckdb.DuckDBPyConnection, accounts: int, seed: int) -> None:
    """Create the macros and the latent tables that all feeds are views of."""
    users = accounts * USERS_PER_ACCOUNT
    mix = int.from_bytes(hashlib.blake2b(str(seed).encode(), digest_size=8).digest(), "big") >> 2
    literals = {
        "t0": f"timestamp '{FIRST_DAY}'",
        "t1": f"timestamp '{END_DAY}'",
        "n_days": str((END_DAY - FIRST_DAY).days),
        "mix": f"cast({mix} as bigint)",
        "n_accounts": str(accounts),
        "n_users": str(users),
        "n_aliases": str(max(3, round(users * ALIAS_SHARE))),
        "n_visits": str(users // 20),
        "holdout_share": str(HOLDOUT_SHARE),
        "bad_share": str(BAD_SHARE),
        "exp_id": f"'{EXPERIMENT['experiment_id']}'",
        "exp_first": f"timestamp '{EXPERIMENT['first_day']}'",
        "exp_end": f"timestamp '{EXPERIMENT['end_day']}'",
        "exp_p_control": str(EXPERIMENT["p_control"]),
        "exp_p_treatment": str(EXPERIMENT["p_treatment"]),
    }
    for name, value in literals.items():
        con.execute(f"create macro {name}() as {value};")
    con.execute(_sql("macros"))
    con.execute("create table survival (billing_interval varchar, tenure_group varchar, s double[])")
    con.executemany(
        "insert into survival values (?, ?, ?)",
        [[interval, group, sbg_survival(*parameters)] for (interval, group), parameters in SBG.items()],
    )
    con.execute(
        "create table campaign (campaign_no bigint, campaign_id varchar, moment timestamp, tactic varchar,"
        " channel varchar, segment_key varchar, share double, p_holdout double, p_touched double)"
    )
    con.executemany(
        "insert into campaign values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [[number, *campaign.values()] for number, campaign in enumerate(CAMPAIGNS)],
    )
    for name in ("company", "subscriptions", "people"):
        con.execute(_sql(name))
    buyer = con.execute(
        "select person_no, epoch(t1() - first_at) / 604800.0 as weeks from buyer order by person_no"
    ).fetchnumpy()
    drawn_buyers, drawn_orders = purchases.draw(buyer["person_no"], buyer["weeks"], seed)
    con.register("arrow_buyers", drawn_buyers)
    con.register("arrow_orders", drawn_orders)
    con.execute("create table drawn_buyers as select * from arrow_buyers")
    con.execute("create table drawn_orders as select * from arrow_orders")
    con.unregister("arrow_buyers")
    con.unregister("arrow_orders")
    for name in ("money", "sessions", "event_feed"):
        con.execute(_sql(name))


def _sql(name: str) -> str:
    return files("segmentry.demo").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
