"""What can go wrong: one class per kind of remedy, each with its exit status."""

from __future__ import annotations

__all__ = [
    "CrmlibError",
    "DataRejectedError",
    "EngineError",
    "NotEnoughDataError",
    "ParameterError",
    "PublicationError",
    "ReportError",
    "RunInterruptedError",
    "SchemaError",
]


class CrmlibError(Exception):
    """Base of every error the library raises on purpose; the message says what to do."""

    exit_status = 1


class ParameterError(CrmlibError):
    """A parameter, option or setting is unknown, of the wrong type or out of its range."""

    exit_status = 2


class DataRejectedError(CrmlibError):
    """The data are not fit to be used: nothing was loaded and no report was changed."""

    exit_status = 3


class EngineError(CrmlibError):
    """The engine cannot be reached, cannot read the data, or has too little memory."""


class NotEnoughDataError(DataRejectedError):
    """There are too few customers or events for the number asked for: have n, need m."""


class SchemaError(DataRejectedError):
    """A table lacks a column of its contract or holds the wrong type."""


class ReportError(CrmlibError):
    """A notebook holds something the report writers cannot show faithfully."""


class PublicationError(CrmlibError):
    """A run is incomplete, was changed afterwards, or cannot be put in its place."""


class RunInterruptedError(CrmlibError):
    """Somebody stopped the run; nothing was published."""

    exit_status = 130
