"""SIGINT, SIGTERM and SIGHUP: stop everything except a publication that has begun."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["Interrupts"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Turn the first signal into `KeyboardInterrupt`, ignore further ones while cleaning up.

    Outside the main thread, where Python delivers no signals, it does nothing.

    Attributes
    ----------
    is_caught
        Whether a signal came. Some libraries turn the exception into another one.
    has_published
        Whether a shielded publication has ended well.
    """

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._shielded = False
        self.is_caught = False
        self.has_published = False

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    @contextmanager
    def shield(self) -> Iterator[None]:
        """Let the block run to its end: what it does is short and must not stay half done."""
        self._shielded = True
        try:
            yield
            self.has_published = True
        finally:
            self._shielded = False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._shielded:
            return
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)
        self.is_caught = True
        raise KeyboardInterrupt
