"""The log on stderr: one line an entry, as text or JSON, and never a path with a token in it."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

# What the edge puts on an entry, in the order in which it is written.
FIELDS = ("request_id", "method", "route", "status", "milliseconds", "address")


class WithoutPath(logging.Filter):
    """Replaces the path by its route: the path of a mailed link is its secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every entry."""
        request = getattr(record, "request", None)
        path = getattr(request, "path", None)
        if path and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            route = f"/{match.route}" if match else "(no page)"
            record.args = tuple(route if one == path else one for one in record.args)
        return True


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}


class Text(logging.Formatter):
    """Time, level, logger, message, then the fields as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        """Give one line, and the traceback below it where there is one."""
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        line = f"{_time(record)} {record.levelname} {record.name} {_one_line(record)}{fields}"
        return line + _traceback(self, record)


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Give one line."""
        entry: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def _one_line(record: logging.LogRecord) -> str:
    """Give the message with what could forge a line of its own made visible."""
    said = record.getMessage()
    if said.isprintable():
        return said
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in said
    )


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    return "\n" + formatter.formatException(record.exc_info) if record.exc_info else ""


def configuration(log_format: str, *, level: str = "INFO") -> dict[str, Any]:
    """Give Django's `LOGGING`; what is below `level` is not written."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"without_path": {"()": WithoutPath}},
        "formatters": {"line": {"()": Json if log_format == "json" else Text}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["without_path"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # The edge writes a line for each request; Django's own would say it twice.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.request": {"level": "ERROR"},
        },
    }
