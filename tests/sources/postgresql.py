"""A real PostgreSQL server for tests, from the system's packages, with a password."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "canary/9:@%pä"  # characters that break addresses and messages


@dataclass(frozen=True)
class Server:
    """A running server: its socket folder, the user, and an address for the library."""

    folder: Path
    user: str

    @property
    def url(self) -> str:
        return self.url_of(PASSWORD)

    def url_of(self, password: str, database: str = "shop") -> str:
        quoted = urllib.parse.quote(password, safe="")
        return f"postgresql://{self.user}:{quoted}@/{database}?host={self.folder}"

    def run(self, *statements: str, database: str = "shop") -> None:
        import psycopg

        options = {"host": str(self.folder), "user": self.user, "password": PASSWORD}
        with psycopg.connect(dbname=database, autocommit=True, **options) as connection:
            for statement in statements:
                connection.execute(statement)


def programs() -> Path | None:
    """Folder of the newest server installed that can be started here, or nothing."""
    if os.geteuid() == 0 and "postgres" not in {one.pw_name for one in pwd.getpwall()}:
        return None  # the server does not run as root
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3])
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


@contextmanager
def running() -> Iterator[Server]:
    """Start a server in a folder of its own; stop it and remove the folder at the end."""
    binaries = programs()
    assert binaries
    is_root = os.geteuid() == 0
    user = "postgres" if is_root else getpass.getuser()
    prefix = ["runuser", "-u", user, "--"] if is_root else []
    folder = Path(tempfile.mkdtemp(prefix="crm-pg-"))  # short: a socket's path has 107 bytes
    (folder / "password").write_text(PASSWORD)

    def call(program: str, *arguments: str) -> None:
        command = [*prefix, str(binaries / program), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=60)

    try:
        if is_root:
            account = pwd.getpwnam(user)
            for path in (folder, folder / "password"):
                os.chown(path, account.pw_uid, account.pw_gid)
        data = str(folder / "data")
        call(
            "initdb", "-D", data, "-U", user, "-A", "scram-sha-256", "--no-sync", "-E", "UTF8",
            "--locale=C", f"--pwfile={folder / 'password'}",
        )  # fmt: skip
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c autovacuum=off"
        call("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            server = Server(folder, user)
            server.run("create database shop", database="postgres")
            yield server
        finally:
            call("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
