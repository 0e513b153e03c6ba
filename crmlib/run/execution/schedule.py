"""Several steps at a time, each as soon as what it waits for is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import TypeVar

__all__ = ["run_in_order"]

Result = TypeVar("Result")
_TICK_SECONDS = 0.2


def run_in_order(
    waits_for: Mapping[str, Collection[str]],
    step: Callable[[str], Result],
    *,
    workers: int,
    on_done: Callable[[str, Result], None],
    on_tick: Callable[[], None],
    stop: Callable[[], None],
) -> dict[str, Result]:
    """Call `step` for every name, `workers` at a time, never before what it waits for.

    Parameters
    ----------
    waits_for
        Names each name waits for; without a circle.
    on_done
        Called in this thread with each result, before anything that waits for it starts.
    on_tick
        Called in this thread every now and then.
    stop
        Called, if need be repeatedly, when a step or this thread failed: it ends running steps.
    """
    sorter = TopologicalSorter(waits_for)
    sorter.prepare()
    results: dict[str, Result] = {}
    running: dict[Future[Result], str] = {}
    with ThreadPoolExecutor(workers) as pool:
        try:
            while sorter.is_active():
                for name in sorted(sorter.get_ready()):
                    running[pool.submit(step, name)] = name
                done, _ = wait(running, timeout=_TICK_SECONDS, return_when=FIRST_COMPLETED)
                for future in sorted(done, key=lambda one: running[one]):
                    name = running.pop(future)
                    results[name] = future.result()
                    on_done(name, results[name])
                    sorter.done(name)
                on_tick()
        except BaseException:
            _end(running, stop)
            raise
    return results


def _end(running: Mapping[Future[Result], str], stop: Callable[[], None]) -> None:
    for future in running:
        future.cancel()
    while not all(future.done() for future in running):
        stop()
        time.sleep(_TICK_SECONDS / 4)
