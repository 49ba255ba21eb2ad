"""What a request is counted as: the room of its page, and how it was answered. Both have closed lists of values."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.conf import settings

from doorward.kernel.metrics.declared import ELSEWHERE, FILES, NOWHERE, ROOMS, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.web.http.requests import Request

_PACKAGE, _WEB = "doorward.", "web."


def room_of(request: Request) -> str:
    """Return the folder of the view that answered, whatever the address has in it."""
    match = request.resolver_match
    if match is not None:
        return _room(match.func)
    return FILES if request.path_info.startswith(settings.STATIC_URL) else NOWHERE


def outcome_of(status: int) -> Outcome:
    """Return how a request was answered, by the status of the answer."""
    if status < HTTPStatus.BAD_REQUEST:
        return Outcome.ANSWERED
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Outcome.WAITING
    return Outcome.FAILED if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Outcome.REFUSED


@cache
def _room(view: Callable[..., Any]) -> str:
    module = view.__module__.removeprefix(_PACKAGE).removeprefix(_WEB)
    room = module.partition(".")[0]
    return room if room in ROOMS else ELSEWHERE
