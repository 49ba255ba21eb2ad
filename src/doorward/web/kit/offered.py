"""Whether what a page is about to offer is open to who looks at it: the gate is asked now what the click asks.

A link or a button says where it leads, and nothing else; what that wants is declared by the view behind it. What hangs
on a single row (a colleague whose scope is wider) is known to the page alone, which asks `customers.rights.is_allowed`.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING

from django.urls import Resolver404, resolve

from doorward.gate.evaluate import evaluate
from doorward.gate.requirement import Need, Step
from doorward.web.http.needs import declared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from doorward.sessions.context import AuthContext

# Who looks, when, and what was found of the addresses that this page has asked after.
_Looking = tuple["AuthContext", "datetime", dict[tuple[str, str], bool]]
_looking: ContextVar[_Looking | None] = ContextVar("looking", default=None)


@contextmanager
def shown_to(auth: AuthContext | None, *, now: datetime) -> Iterator[None]:
    """Let a page be drawn for somebody; None: for a stranger, to whom pages offer what is open to all."""
    token = _looking.set(None if auth is None else (auth, now, {}))
    try:
        yield
    finally:
        _looking.reset(token)


def may(auth: AuthContext, need: Need, *, now: datetime) -> bool:
    """Return whether this person may go where so much is needed, at most after confirming who they are."""
    return need.open or evaluate(auth, need, now=now).step in {Step.THROUGH, Step.REAUTHENTICATE}


def opens(address: str, method: str = "GET") -> bool:
    """Return whether whoever looks at the page that is being drawn may ask for an address of ours by this method."""
    looking = _looking.get()
    if looking is None or not address.startswith("/"):
        return True
    auth, now, found = looking
    asked = (address.partition("?")[0].partition("#")[0], method)
    if asked not in found:
        need = _need_of(*asked)
        found[asked] = need is None or may(auth, need, now=now)
    return found[asked]


@lru_cache(maxsize=4096)
def _need_of(path: str, method: str) -> Need | None:
    """Return what an address asks for; None: it is a step's, a file, or none of ours."""
    try:
        declaration = declared(resolve(path).func)
    except Resolver404:
        return None
    if declaration is None or declaration.step is not None or declaration.any_host:
        return None
    return declaration.need_for(method)
