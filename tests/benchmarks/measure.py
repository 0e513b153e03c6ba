"""Wall time and memory of commands with all their children, in pairs, as medians."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.1
"""Pause between two looks at memory, which cost the system some milliseconds each."""


@dataclass(frozen=True)
class Cost:
    """Seconds from start to end, and the most memory of the process and its children (PSS)."""

    seconds: float
    megabytes: float


def run_command(command: Sequence[str], *, cwd: Path) -> Cost:
    """Run a command to its end; raise if it fails."""
    start = time.perf_counter()
    peak = 0
    with tempfile.TemporaryFile() as said:
        process = psutil.Popen(list(command), cwd=cwd, stdout=subprocess.DEVNULL, stderr=said)
        while process.poll() is None:
            peak = max(peak, tree_memory(process))
            time.sleep(SAMPLE_SECONDS)
        said.seek(0)
        if process.returncode:
            raise RuntimeError(f"{command} failed: {said.read().decode()[-2000:]}")
    return Cost(time.perf_counter() - start, peak / 1e6)


def tree_memory(process: psutil.Process) -> int:
    """Bytes a process and all its children hold, each page counted once.

    A kernel is forked from a process that has the libraries loaded and shares its pages; the sum
    of what is resident in each would count these again for every kernel. The proportional set size
    (PSS of Linux) gives each of n holders the n-th part of a page.
    """
    total = 0
    try:
        for one in [process, *process.children(recursive=True)]:
            total += one.memory_full_info().pss
    except psutil.Error:
        pass  # a child ended while it was looked at
    return total


def run_function(function: Callable[[], object]) -> Cost:
    """Time a function in this process; its memory is not measured."""
    start = time.perf_counter()
    function()
    return Cost(time.perf_counter() - start, float("nan"))


def in_turn(ours: Callable[[], Cost], theirs: Callable[[], Cost], *, n: int) -> str:
    """Measure two ways in turn, A B A B ..., and word medians and the ratio pair by pair."""
    ours(), theirs()
    pairs = [(ours(), theirs()) for _ in range(n)]
    mine = statistics.median(a.seconds for a, _ in pairs)
    other = statistics.median(b.seconds for _, b in pairs)
    ratio = statistics.median(b.seconds / a.seconds for a, b in pairs)
    text = f"{mine:8.3f} s against {other:8.3f} s: {ratio:5.2f} times as fast"
    memory = [
        statistics.median(cost.megabytes for cost in side) for side in zip(*pairs, strict=True)
    ]
    if memory[0] == memory[0]:
        text += f"; {memory[0]:,.0f} MB against {memory[1]:,.0f} MB"
    return text
