"""A Spark standalone cluster of two workers on this machine, from the installed PySpark."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

WAIT_SECONDS = 90
WORKER = ("-c", "1", "-m", "600m")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_port(port: int, *, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers on a port of this machine."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"nothing answers on port {port}: {log.read_text()[-2000:]}")


@contextlib.contextmanager
def running(
    command: list[str], *, log: Path, memory: str = "256m"
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server of Spark's while the block lasts."""
    import pyspark

    home = Path(pyspark.__file__).parent
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": memory,
        "SPARK_NO_DAEMONIZE": "1",
    }
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [str(home / command[0]), *command[1:]],
            env=environment,
            stdout=stream,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)


@contextlib.contextmanager
def two_workers(folder: Path) -> Iterator[str]:
    """Start a master and two workers; give the address of the cluster."""
    port = free_port()
    url = f"spark://127.0.0.1:{port}"
    place = ["--host", "127.0.0.1", "--webui-port", "0"]
    kind = "org.apache.spark.deploy"
    master = ["bin/spark-class", f"{kind}.master.Master", *place, "--port", str(port)]
    with contextlib.ExitStack() as stack:
        log = folder / "master.log"
        await_port(port, process=stack.enter_context(running(master, log=log)), log=log)
        for number in range(2):
            work = ["-d", str(folder / f"work{number}")]
            worker = ["bin/spark-class", f"{kind}.worker.Worker", *place, *WORKER, *work, url]
            stack.enter_context(running(worker, log=folder / f"worker{number}.log"))
        yield url


@contextlib.contextmanager
def connect_server(folder: Path) -> Iterator[str]:
    """Start a Spark Connect server with one thread; give its address."""
    port = free_port()
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "1",
        "spark.ui.enabled": "false",
    }
    kind = "org.apache.spark.sql.connect.service.SparkConnectServer"
    command = ["bin/spark-submit", "--class", kind, "--master", "local[1]"]
    command += [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    log = folder / "connect.log"
    with running([*command, "spark-internal"], log=log, memory="700m") as process:
        await_port(port, process=process, log=log)
        yield f"sc://127.0.0.1:{port}"
