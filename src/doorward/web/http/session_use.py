"""When a session is used, which keeps it from being idle: somebody opens a page, or sends something.

What a page reads by itself is no use: one that shows how far something is, or an application that looks in a frame
whether its person is still signed in (`prompt=none`), goes on when nobody is there any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import DatabaseError

from doorward.kernel.why_not_saved import fault_in
from doorward.sessions import queries

if TYPE_CHECKING:
    from doorward.web.http.requests import Request

_READING: Final = frozenset({"GET", "HEAD"})
# What a browser says of a page that somebody opens (Fetch Metadata, 2.1); old ones, and plain http, say nothing.
_OPENED: Final = frozenset({"", "document"})


def note_use(request: Request) -> None:
    """Write down that a session is used, at most once a minute."""
    auth = request.auth
    if auth is None or not _is_by_a_person(request):
        return
    if request.now - auth.browser.seen_at < queries.SEEN_EVERY:
        return
    try:
        queries.touch(auth.browser.session_id, now=request.now)
    except DatabaseError as error:
        # Who only reads goes on reading, for as long as the session was to last anyway.
        if fault_in(error) is None:
            raise


def _is_by_a_person(request: Request) -> bool:
    return request.method not in _READING or request.META.get("HTTP_SEC_FETCH_DEST", "") in _OPENED
