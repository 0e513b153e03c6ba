"""One run at a time in an output folder; a run that dies frees the folder by itself."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from crmlib.errors import PublicationError

__all__ = ["locked"]

_PAUSE_SECONDS = 0.2


@contextmanager
def locked(
    out: Path, *, wait_seconds: float = 600, on_wait: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the output folder while it is written.

    Guards against two runs that publish at the same time. The system releases the lock when its
    holder ends, however it ends.

    Parameters
    ----------
    out
        The output folder; it must exist.
    wait_seconds
        How long to wait for another run.
    on_wait
        Called once with a sentence that names the holder, before waiting.

    Raises
    ------
    PublicationError
        If another run still holds the folder after that time, or it cannot be written.
    """
    try:
        handle = os.open(out / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise PublicationError(
            f"The output folder {out} cannot be written ({error.strerror}). "
            "Nothing was changed. Make it writable or choose another one with --out."
        ) from error
    try:
        _acquire(handle, wait_seconds, on_wait)
        _leave_name(handle)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int, wait_seconds: float, on_wait: Callable[[str], None] | None) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            holder = _holder(handle)
        if time.monotonic() >= deadline:
            raise PublicationError(
                f"Another run holds the output folder: {holder}. "
                "Try again when it has ended, or wait longer with --wait."
            )
        if on_wait is not None:
            on_wait(f"Waiting for another run: {holder}.")
            on_wait = None
        time.sleep(_PAUSE_SECONDS)


def _leave_name(handle: int) -> None:
    """Write who holds the lock; a full disk must not stop the run here."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    name = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": since})
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, name.encode(), 0)
    except OSError:
        return


def _holder(handle: int) -> str:
    try:
        name = json.loads(os.pread(handle, 1000, 0))
        return f"process {name['pid']} on {name['host']} since {name['since']}"
    except (ValueError, KeyError, TypeError):
        return "an unnamed process"
