"""What the command line shows: one line that moves on a terminal, plain lines or JSON elsewhere.

Text from data may hold terminal escapes; everything printed goes through `plain`.
"""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from crmlib.run.execution.execute import Outcome

__all__ = ["Console", "RunProgress", "plain"]

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "bold": "1"}


def plain(text: str) -> str:
    r"""Return text that a terminal shows and never obeys: control characters become escapes.

    Examples
    --------
    >>> plain("Zoë \x1b[2J")
    'Zoë \\x1b[2J'
    """
    return "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in text)


class Console:
    """Where a command writes: results to standard output, progress and errors to standard error.

    Parameters
    ----------
    as_json
        Write one JSON object per line to standard output and no progress.
    """

    def __init__(
        self,
        *,
        as_json: bool = False,
        out: TextIO | None = None,
        err: TextIO | None = None,
    ) -> None:
        self.as_json = as_json
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._is_live = self._err.isatty() and not as_json
        self._line = ""

    def say(self, text: str = "", *, colour: str = "") -> None:
        """Write a line of the result."""
        if not self.as_json:
            self._write(self._out, self._coloured(plain(text), colour, self._out) + "\n")

    def note(self, text: str, *, colour: str = "", **event: Any) -> None:
        """Write a line about what happens now; with JSON, the event instead."""
        if self.as_json:
            self.emit(event or {"event": "note", "text": text})
        else:
            self._clear()
            self._write(self._err, self._coloured(plain(text), colour, self._err) + "\n")

    def error(self, text: str) -> None:
        """Write an error to standard error, whatever the format."""
        self._clear()
        self._write(
            self._err, self._coloured("crm: error: ", "red", self._err) + plain(text) + "\n"
        )

    def emit(self, event: Mapping[str, Any]) -> None:
        """Write one JSON object as one line."""
        if self.as_json:
            self._write(self._out, json.dumps(event, ensure_ascii=True) + "\n")

    def live(self, text: str) -> None:
        """Redraw the moving line on a terminal; nothing elsewhere."""
        if not self._is_live:
            return
        width = shutil.get_terminal_size().columns - 1
        line = plain(text)[:width]
        if line != self._line:
            self._write(self._err, "\r" + line + "\x1b[K")
            self._line = line

    def _clear(self) -> None:
        if self._line:
            self._write(self._err, "\r\x1b[K")
            self._line = ""

    @staticmethod
    def _coloured(text: str, colour: str, stream: TextIO) -> str:
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if colour and stream.isatty() else text

    @staticmethod
    def _write(stream: TextIO, text: str) -> None:
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()


class RunProgress:
    """How far the notebooks of a run are, and how long the rest may take.

    Parameters
    ----------
    n_cells
        Number of code cells by notebook.
    seconds_before
        What each notebook took in the latest run, where known.
    """

    def __init__(
        self,
        console: Console,
        *,
        n_cells: Mapping[str, int],
        seconds_before: Mapping[str, float],
        workers: int,
    ) -> None:
        self._console = console
        self._n_cells = dict(n_cells)
        self._expected = dict(seconds_before)
        self._workers = workers
        self._guard = threading.Lock()
        self._at: dict[str, tuple[int, float]] = {}
        self._done: set[str] = set()
        self._began = time.monotonic()

    def cell(self, notebook: str, position: int) -> None:
        """Note that a code cell starts; may be called from any thread."""
        with self._guard:
            began = self._at.get(notebook, (0, time.monotonic()))[1]
            self._at[notebook] = (position, began)

    def done(self, notebook: str, outcome: Outcome) -> None:
        """Note that a notebook is finished."""
        with self._guard:
            self._at.pop(notebook, None)
            self._done.add(notebook)
        took = f" in {outcome.seconds:.1f} s" if outcome.state == "executed" else ""
        self._console.note(
            f"[{len(self._done)}/{len(self._n_cells)}] {notebook} {outcome.state}{took}, "
            f"{outcome.status}",
            event="notebook",
            notebook=notebook,
            state=outcome.state,
            seconds=outcome.seconds,
            status=outcome.status,
        )

    def draw(self) -> None:
        """Redraw the moving line."""
        with self._guard:
            at = dict(self._at)
        parts = [
            f"{name} cell {position}/{self._n_cells[name]}" for name, (position, _) in at.items()
        ]
        elapsed = time.monotonic() - self._began
        left = self.seconds_left()
        rest = "" if left is None else f", about {left:.0f} s left"
        counted = f"[{len(self._done)}/{len(self._n_cells)}]"
        self._console.live(f"{counted} {' | '.join(parts)}  {elapsed:.0f} s{rest}")

    def seconds_left(self) -> float | None:
        """Estimate the rest from earlier durations; nothing if one is unknown."""
        with self._guard:
            waiting = [name for name in self._n_cells if name not in self._done]
            if any(name not in self._expected for name in waiting):
                return None
            now = time.monotonic()
            rests = [
                max(
                    0.0, self._expected[name] - (now - self._at[name][1] if name in self._at else 0)
                )
                for name in waiting
            ]
        return max(sum(rests) / self._workers, max(rests, default=0.0))
