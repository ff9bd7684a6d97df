"""How log lines are written: with the request's id, and without anybody's data.

Messages of exceptions quote what they failed on: a database error the row, a conversion the text that was typed. So
an exception is logged by its kind and its place in the code; a database error also by its code and its constraint.
"""

import logging
import re
import traceback
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import Any, Final

import psycopg
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from apps.audit.context import current

_FIELDS: Final = {
    "asctime": "time",
    "levelname": "level",
    "name": "logger",
    "request_id": "request_id",
    "message": "message",
}
# Row ids and pages have no such pieces; what somebody typed into the address bar may: a name, an identity number.
_TYPED: Final = re.compile(r"\d{11,}|[^!-~]+")
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def address(path: str) -> str:
    """The path of a request as the log shows it: on one line, without numbers and texts that no address of ours has."""
    return _TYPED.sub("…", path)


class RequestId(logging.Filter):
    """Gives each log record the id of the request it belongs to, "-" outside of any."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current().request_id or "-"
        return True


class _Discreet(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        # With its zone: Django sets one for its processes, gunicorn's first process keeps the machine's.
        return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")

    def formatException(self, ei: ExcInfo) -> str:
        return "\n".join(_described(ei[1])) if ei[1] is not None else ""


class LineFormatter(_Discreet):
    """A line of text, for a person who reads along."""


class DocumentFormatter(_Discreet, JsonFormatter):
    """A JSON document a line, for a log system: time, level, logger, request id, message, and the exception if any.

    What a library adds to its records (the request, a job's arguments) is left out.
    """

    def __init__(self) -> None:
        super().__init__(
            " ".join(f"%({name})s" for name in _FIELDS),
            rename_fields={name: shown for name, shown in _FIELDS.items() if name != shown},
            reserved_attrs=RESERVED_ATTRS,
        )

    def process_log_record(self, log_record: dict[str, Any]) -> dict[str, Any]:
        kept = {*_FIELDS.values(), "exc_info"}
        return {name: value for name, value in log_record.items() if name in kept and value is not None}


def _described(error: BaseException | None) -> Iterator[str]:
    """The error and those it came from, first cause first."""
    if error is None:
        return
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    yield from _described(before)
    yield from (line.rstrip() for line in traceback.format_tb(error.__traceback__))
    yield f"{type(error).__module__}.{type(error).__qualname__}{_of_database(error)}"


def _of_database(error: BaseException) -> str:
    if not isinstance(error, psycopg.Error):
        return ""
    named = (error.diag.sqlstate, error.diag.table_name, error.diag.column_name, error.diag.constraint_name)
    return f" ({', '.join(filter(None, named))})"
