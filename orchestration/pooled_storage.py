"""Dagster's SQLite storage with pooled connections. Opt in with SEGMENTRY_POOLED_STORAGE=true.

A run of this project stores over 4,000 events. Dagster opens, syncs and closes a database two or three times for each,
which takes 12 ms of processor time instead of 4. This overrides `_connect`, which is not part of Dagster's public
interface.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from sqlalchemy import event

_OPEN = 8
"""How many databases stay open: the index, and the runs that were used last."""


class PooledEventLog(SqliteEventLogStorage):
    """Dagster's event log. Its events survive a killed process, but not a power cut."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        """`base_dir` is a folder with a database per run, as Dagster lays it out."""
        self._engines: dict[str, sqlalchemy.Engine] = {}
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> sqlalchemy.Engine:
        engine = self._engines.pop(shard, None) or self._open(shard)
        self._engines[shard] = engine
        while len(self._engines) > _OPEN:
            self._engines.pop(next(iter(self._engines))).dispose()
        return engine

    def _open(self, shard: str) -> sqlalchemy.Engine:
        timeout = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
        engine = sqlalchemy.create_engine(self.conn_string_for_shard(shard), connect_args=timeout)
        # with a write-ahead log there is no sync per commit, and a killed process still loses nothing
        event.listen(engine, "connect", lambda raw, _: raw.execute("pragma synchronous = normal"))
        return engine

    def _close(self) -> None:
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()

    def wipe(self) -> None:
        """Delete all events, after closing their files."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Close all databases."""
        self._close()
        super().dispose()


class PooledStorage(DagsterSqliteStorage):
    """Dagster's SQLite storage with this event log."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        """`base_dir` is DAGSTER_HOME. The files are those of Dagster's own storage."""
        super().__init__(base_dir, inst_data)
        self._event_log_storage = PooledEventLog(self._event_log_storage._base_dir)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> PooledStorage:
        """The storage that dagster.yaml names. Dagster's own method would make its own class."""
        return cls.from_local(inst_data=inst_data, **config_value)
