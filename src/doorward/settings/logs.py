"""The log on stderr: one line an entry, as text or JSON, and never a path with a token in it.

The line for each request is not from here: the edge writes it (`doorward.web.http.edge`), in the same form.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from doorward.kernel.loglines import json_line, text_line, visible

# What PostgreSQL adds to an error: the values of the row, personal data and hashes among them. It ends
# where the error does.
_VALUES = re.compile(r"^(DETAIL|CONTEXT):.*?(?=^\s*$|\Z)", re.MULTILINE | re.DOTALL)


class OfRequest(logging.Filter):
    """Names the request by its id and its route, never by its path: that of a mailed link is its secret.

    A stranger writes a line at most for each request.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every entry."""
        request = getattr(record, "request", None)
        if client := getattr(request, "client", None):
            record.request_id = client.request_id
        path = getattr(request, "path", None)
        if path and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            route = f"/{match.route}" if match else "(no page)"
            record.args = tuple(route if one == path else one for one in record.args)
        if record.name.startswith("django.security."):
            # What somebody sends is no fault of ours: a line says it, and no traceback.
            record.exc_info = None
        return True


def _said(record: logging.LogRecord) -> tuple[float, str, str, str]:
    return record.created, record.levelname, record.name, record.getMessage()


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    request_id = getattr(record, "request_id", None)
    return {} if request_id is None else {"request_id": request_id}


class Text(logging.Formatter):
    """Time, level, logger, message, then the fields as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, and the traceback below it where there is one."""
        line = text_line(*_said(record), _fields(record))
        # Indented, so that no line of it can pass for an entry.
        below = (f"\n  {visible(one)}" for one in _traceback(self, record).splitlines())
        return line + "".join(below)


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        fields = _fields(record)
        if record.exc_info:
            fields["traceback"] = _traceback(self, record)
        return json_line(*_said(record), fields)


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """Return the traceback without the values of rows; empty: there is none."""
    written = formatter.formatException(record.exc_info) if record.exc_info else ""
    return _VALUES.sub("", written)


def configuration(log_format: str, *, level: str = "INFO") -> dict[str, Any]:
    """Return Django's `LOGGING`; what is below `level` is not written."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"of_request": {"()": OfRequest}},
        "formatters": {"line": {"()": Json if log_format == "json" else Text}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["of_request"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # The edge writes a line for each request; Django's own would say it twice.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.request": {"level": "ERROR"},
            # Who waited in vain for a connection says so; each try need not.
            "psycopg.pool": {"level": "ERROR"},
        },
    }
