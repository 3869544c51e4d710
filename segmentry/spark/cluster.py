"""One master, two workers and a thrift server on loopback, from the pyspark wheel (it has no start scripts).

State lives in `HOME/spark/`: configuration, logs, metastore, tables and `cluster.json`. Each process leads a process
group of its own, so that its executors end with it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from segmentry.errors import EnvironmentProblemError, UsageError
from segmentry.files import write_text
from segmentry.processes import LOOPBACK, answers, end_groups, free_port, start_time, wait_until

_MIN_JAVA, _MAX_JAVA = 17, 25
_START_SECONDS = 120.0
_STOP_SECONDS = 15.0
_SERVER_CLASS = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
# what the Java processes hold beside their heaps
_OVERHEAD_MB = 250
_DAEMON_MB = 256
# how many run beside each other: those of dbt's threads (profiles.yml), and as many again of others
_STATEMENTS = 8


class Options(BaseModel):
    """Size of the cluster. Memory is the heap of each process in MB; port 0 is any free one.

    `properties` are Spark's own, by name, and win over what is set here otherwise.
    """

    workers: int = Field(default=2, ge=1, le=16)
    cores: int = Field(default=1, ge=1, le=64)
    executor_mb: int = Field(default=1024, ge=512)
    driver_mb: int = Field(default=1536, ge=768)
    thrift_port: int = Field(default=10000, ge=0, le=65535)
    properties: dict[str, str] = {}

    @property
    def total_mb(self) -> int:
        """What all processes may take together."""
        daemons = (1 + self.workers) * (_DAEMON_MB + _OVERHEAD_MB)
        return daemons + self.workers * (self.executor_mb + _OVERHEAD_MB) + self.driver_mb + _OVERHEAD_MB


class Daemon(BaseModel):
    """A process: its id and start time (clock ticks since boot), which together name no other process."""

    name: str
    pid: int
    started: str


class Cluster(BaseModel):
    """A running cluster; kept in cluster.json."""

    master_url: str
    web_url: str
    thrift_port: int
    driver_web_url: str
    options: Options
    daemons: list[Daemon]

    @property
    def environment(self) -> dict[str, str]:
        """What dbt's profile needs to find it."""
        return {"SEGMENTRY_SPARK_HOST": LOOPBACK, "SEGMENTRY_SPARK_PORT": str(self.thrift_port)}


def up(home: Path, options: Options) -> Cluster:
    """Start a cluster, or return the one that is running and healthy.

    Raises EnvironmentProblemError (Java, memory, a port, a process that ended) with nothing left running.
    """
    running = status(home)
    if running:
        return running
    down(home)
    spark_home = _spark_home()
    _check_java()
    _check_memory(options.total_mb)
    folder = home / "spark"
    for part in ("conf", "logs", "work", "tmp"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    thrift_port = _port(options.thrift_port)
    master_port, master_web, driver_web = (_port(0) for _ in range(3))
    master_url = f"spark://{LOOPBACK}:{master_port}"
    write_text(folder / "conf" / "spark-defaults.conf", _defaults(folder, options, driver_web))
    write_text(folder / "conf" / "log4j2.properties", _LOGGING)
    environment = _environment(spark_home, folder)
    cluster = Cluster(
        master_url=master_url,
        web_url=f"http://{LOOPBACK}:{master_web}",
        thrift_port=thrift_port,
        driver_web_url=f"http://{LOOPBACK}:{driver_web}",
        options=options,
        daemons=[],
    )
    spark_class = str(spark_home / "bin" / "spark-class")
    try:
        command = [spark_class, "org.apache.spark.deploy.master.Master", "--host", LOOPBACK]
        command += ["--port", str(master_port), "--webui-port", str(master_web)]
        _start(folder, cluster, "master", command, environment)
        _wait_for_workers(folder, cluster, 0)
        for number in range(1, options.workers + 1):
            command = [spark_class, "org.apache.spark.deploy.worker.Worker", "--host", LOOPBACK, "--webui-port", "0"]
            command += ["--cores", str(options.cores), "--memory", f"{options.executor_mb}m"]
            command += ["--work-dir", str(folder / "work" / f"worker-{number}"), master_url]
            _start(folder, cluster, f"worker-{number}", command, environment)
        server_environment = {k: v for k, v in environment.items() if k != "SPARK_DAEMON_MEMORY"}
        command = [str(spark_home / "bin" / "spark-submit"), "--class", _SERVER_CLASS, "--master", master_url]
        command += ["--name", "segmentry", "spark-internal"]
        command += ["--hiveconf", f"hive.server2.thrift.bind.host={LOOPBACK}"]
        command += ["--hiveconf", f"hive.server2.thrift.port={thrift_port}"]
        _start(folder, cluster, "thrift-server", command, server_environment)
        _wait_for_workers(folder, cluster, options.workers)
        _wait_for_port(folder, cluster)
    except BaseException:
        down(home)
        raise
    return cluster


def down(home: Path) -> list[str]:
    """Stop what `up` started, and only that. Returns the names of the processes that were running."""
    cluster = _read(home)
    if cluster is None:
        return []
    alive = [daemon for daemon in reversed(cluster.daemons) if _is_alive(daemon)]
    end_groups([daemon.pid for daemon in alive], _STOP_SECONDS)
    (home / "spark" / "cluster.json").unlink(missing_ok=True)
    shutil.rmtree(home / "spark" / "work", ignore_errors=True)
    shutil.rmtree(home / "spark" / "tmp", ignore_errors=True)
    return [daemon.name for daemon in alive]


def status(home: Path) -> Cluster | None:
    """The cluster of this home if all of it runs and answers, else None."""
    cluster = _read(home)
    if cluster is None or not all(_is_alive(daemon) for daemon in cluster.daemons):
        return None
    return cluster if answers(cluster.thrift_port) and _live_workers(cluster) == cluster.options.workers else None


def need_cluster(home: Path) -> dict[str, str]:
    """Environment for dbt's `spark` target: of this home's cluster, else of SEGMENTRY_SPARK_HOST. Raises UsageError."""
    cluster = _read(home)
    if cluster is not None and answers(cluster.thrift_port):
        return cluster.environment
    host, port = os.environ.get("SEGMENTRY_SPARK_HOST"), os.environ.get("SEGMENTRY_SPARK_PORT", "10000")
    if host and port.isdigit() and answers(int(port), host):
        return {"SEGMENTRY_SPARK_HOST": host, "SEGMENTRY_SPARK_PORT": port}
    raise UsageError(
        "no Spark thrift server answers",
        "Start one with `make spark-up` (or `segmentry spark up`), or name yours in SEGMENTRY_SPARK_HOST and _PORT.",
    )


def executors(cluster: Cluster) -> list[dict[str, Any]]:
    """What Spark's REST API counts (tasks, milliseconds, bytes) for each executor, also lost ones, and the `driver`."""
    (application,) = _get(f"{cluster.driver_web_url}/api/v1/applications")
    return list(_get(f"{cluster.driver_web_url}/api/v1/applications/{application['id']}/allexecutors"))


def tasks_by_executor(cluster: Cluster) -> dict[str, int]:
    """Completed tasks by executor id, `driver` included."""
    return {executor["id"]: int(executor["completedTasks"]) for executor in executors(cluster)}


def java_version() -> int | None:
    """The major version of the Java that Spark would use, or None where there is none."""
    java = _java()
    if java is None:
        return None
    done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=60)
    words = done.stderr.split('"')
    return int(words[1].split(".")[0]) if done.returncode == 0 and len(words) > 1 else None


_LOGGING = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n
"""


def _defaults(folder: Path, options: Options, driver_web: int) -> str:
    """The cluster's own configuration. What the models need is in profiles.yml, for any cluster."""
    metastore = folder / "metastore"
    values = {
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.memory": f"{options.driver_mb}m",
        "spark.executor.memory": f"{options.executor_mb}m",
        "spark.executor.cores": options.cores,
        "spark.ui.port": driver_web,
        "spark.ui.showConsoleProgress": "false",
        # a few statements beside each other: none waits for the tasks of another
        "spark.scheduler.mode": "FAIR",
        # one executor that was lost is replaced; the tasks run again
        "spark.task.maxFailures": 8,
        "spark.local.dir": folder / "tmp",
        "spark.sql.warehouse.dir": folder / "warehouse",
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={metastore};create=true",
        "spark.hadoop.hive.exec.scratchdir": folder / "tmp" / "hive",
        "spark.hadoop.hive.exec.local.scratchdir": folder / "tmp" / "hive",
        "spark.hadoop.hive.server2.logging.operation.enabled": "false",
        # each thread opens the metastore, which costs more than most statements: keep few threads, and keep them
        "spark.hadoop.hive.server2.async.exec.threads": _STATEMENTS,
        "spark.hadoop.hive.server2.async.exec.keepalive.time": "1h",
        "spark.driver.extraJavaOptions": f"-Dderby.system.home={folder} -Djava.io.tmpdir={folder / 'tmp'}",
        "spark.sql.shuffle.partitions": 2 * options.workers * options.cores,
        # as few tasks as the data wants, not as many as there are cores
        "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
        # local disks: listing a folder a day costs less on the driver than as tasks, and small files are cheap to open
        "spark.sql.sources.parallelPartitionDiscovery.threshold": 100_000,
        "spark.sql.files.openCostInBytes": "64k",
        # commits files by one rename: fewer calls per table
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": 2,
        "spark.sql.hive.metastorePartitionPruning": "true",
        # each broadcast and each sort holds at least a page, by default of up to 64 MB, and a statement has dozens:
        # 2 MB with the header of an array, which fill regions of G1 to the last byte
        "spark.buffer.pageSize": f"{2 * 1024**2 - 16}b",
        # the server keeps the plans of the statements that it shows, and ours have a thousand lines
        "spark.sql.ui.retainedExecutions": 20,
        "spark.sql.thriftserver.ui.retainedStatements": 20,
        "spark.sql.maxPlanStringLength": 100_000,
    }
    return "".join(f"{name} {value}\n" for name, value in (values | options.properties).items())


def _environment(spark_home: Path, folder: Path) -> dict[str, str]:
    """Of all daemons. SPARK_DAEMON_MEMORY is the heap of master and workers only."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SPARK_", "PYSPARK_"))}
    return inherited | {
        "SPARK_HOME": str(spark_home),
        "SPARK_CONF_DIR": str(folder / "conf"),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_DAEMON_MEMORY": f"{_DAEMON_MB}m",
    }


def _start(folder: Path, cluster: Cluster, name: str, command: list[str], environment: Mapping[str, str]) -> None:
    with (folder / "logs" / f"{name}.log").open("wb") as log:
        child = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    cluster.daemons.append(Daemon(name=name, pid=child.pid, started=start_time(child.pid) or ""))
    # written at each step: `down` finds also what a killed `up` has started
    write_text(folder / "cluster.json", cluster.model_dump_json(indent=2))


def _wait_for_workers(folder: Path, cluster: Cluster, count: int) -> None:
    _wait(folder, cluster, lambda: _live_workers(cluster) == count, f"{count} workers registered with the master")


def _wait_for_port(folder: Path, cluster: Cluster) -> None:
    _wait(folder, cluster, lambda: answers(cluster.thrift_port), "the thrift server answering")


def _wait(folder: Path, cluster: Cluster, condition: Any, what: str) -> None:
    def met_or_dead() -> bool:
        return condition() or not all(_is_alive(daemon) for daemon in cluster.daemons)

    wait_until(met_or_dead, _START_SECONDS)
    dead = [daemon.name for daemon in cluster.daemons if not _is_alive(daemon)]
    if dead:
        raise EnvironmentProblemError(
            f"Spark's {dead[0]} ended while starting: {_last_line(folder / 'logs' / f'{dead[0]}.log')}",
            f"The log is in {folder / 'logs'}.",
        )
    if not condition():
        raise EnvironmentProblemError(
            f"Spark did not come up: no sign of {what} within {_START_SECONDS:.0f} s", f"Logs are in {folder / 'logs'}."
        )


def _live_workers(cluster: Cluster) -> int:
    """How many workers the master reports as alive; -1 while it does not answer."""
    try:
        return sum(worker["state"] == "ALIVE" for worker in _get(f"{cluster.web_url}/json/")["workers"])
    except (OSError, ValueError, KeyError):
        return -1


def _get(url: str) -> Any:
    # loopback only, whatever proxy the environment names
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=30) as answer:
        return json.load(answer)


def _port(wanted: int) -> int:
    try:
        return free_port(wanted)
    except OSError:
        raise EnvironmentProblemError(
            f"port {wanted} of {LOOPBACK} is taken", "Choose another with --thrift-port (0: any free one)."
        ) from None


def _spark_home() -> Path:
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise EnvironmentProblemError(
            "pyspark is not installed", "Run `make install`; it belongs to the extra `spark`."
        )
    return Path(spec.origin).parent


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home and (Path(home) / "bin" / "java").exists() else shutil.which("java")


def _check_java() -> None:
    found = java_version()
    if found is None or not _MIN_JAVA <= found <= _MAX_JAVA:
        seen = "no Java" if found is None else f"Java {found}"
        raise EnvironmentProblemError(
            f"Spark needs Java {_MIN_JAVA} or newer (up to {_MAX_JAVA}); found {seen}",
            "Debian 12: apt-get install openjdk-17-jre-headless. Another one is named by JAVA_HOME.",
        )


def _check_memory(needed_mb: int) -> None:
    facts = Path("/proc/meminfo")
    for line in facts.read_text(encoding="ascii").splitlines() if facts.exists() else []:
        if line.startswith("MemAvailable:") and int(line.split()[1]) // 1024 < needed_mb:
            raise EnvironmentProblemError(
                f"the cluster may take {needed_mb} MB, but {int(line.split()[1]) // 1024} MB are free",
                "Free memory, or make it smaller with --workers, --executor-mb and --driver-mb.",
            )


def _read(home: Path) -> Cluster | None:
    path = home / "spark" / "cluster.json"
    return Cluster.model_validate_json(path.read_text(encoding="utf-8")) if path.is_file() else None


def _is_alive(daemon: Daemon) -> bool:
    return start_time(daemon.pid) == daemon.started


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "rror" in line or "xception" in line]
    return (errors or lines or ["no output"])[-1][:500]
