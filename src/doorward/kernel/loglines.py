"""A line of the log, as text or as JSON; who writes it is told in `doorward.settings.logs`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def text_line(
    created: float, level: str, logger: str, message: str, fields: Mapping[str, object]
) -> str:
    """Return time (`created`: Unix seconds), level, logger, message, then the fields as name=value."""
    further = "".join([f" {name}={value}" for name, value in fields.items()])
    return f"{_time(created)} {level} {logger} {visible(message)}{further}"


def json_line(
    created: float, level: str, logger: str, message: str, fields: Mapping[str, object]
) -> str:
    """Return the same as one JSON object."""
    entry = {"time": _time(created), "level": level, "logger": logger, "message": message, **fields}
    return json.dumps(entry, ensure_ascii=False, default=str)


def visible(said: str) -> str:
    """Return a text with what could forge a line of its own made visible."""
    if said.isprintable():
        return said
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in said
    )


def _time(created: float) -> str:
    return datetime.fromtimestamp(created, UTC).isoformat(timespec="milliseconds")
