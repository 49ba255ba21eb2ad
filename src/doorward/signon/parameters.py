"""What every request of an application has: each parameter once, and whose request it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doorward.applications.models import Application
from doorward.applications.protocol import Code, ProtocolError
from doorward.kernel.db.one_row import one_or_none

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import QueryDict

_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")


class Unanswerable(Exception):
    """Nobody is sent anywhere with an answer: whose request it is, or where the answer goes, is not known."""


def single(sent: QueryDict) -> dict[str, str]:
    """Return each parameter once (RFC 6749, 3.1). Raises `ProtocolError` where one came twice, or has a NUL."""
    if any(len(values) > 1 for _name, values in sent.lists()):
        raise ProtocolError(Code.INVALID_REQUEST, "A parameter is sent twice.")
    # PostgreSQL takes none in a text.
    if any("\0" in value for _name, values in sent.lists() for value in values):
        raise ProtocolError(Code.INVALID_REQUEST, "A parameter has a character that no text has.")
    return {name: values[0] for name, values in sent.lists() if values[0]}


def needed(sent: Mapping[str, str], name: str) -> str:
    """Return a parameter without which nothing is answered. Raises `ProtocolError` (RFC 6749, 5.2)."""
    if name not in sent:
        raise ProtocolError(Code.INVALID_REQUEST, f"{name} is missing.")
    return sent[name]


def application_of(client_id: str) -> Application:
    """Return the application of a client id. Raises `Unanswerable`."""
    if not _CLIENT_ID.fullmatch(client_id):
        # Nothing that a database is asked for.
        raise Unanswerable
    rows = Application.objects.select_related("tab")
    found = one_or_none(rows.filter(client_id=client_id))
    if found is None:
        raise Unanswerable
    return found
