"""A form that was sent after its session had ended: it is kept, sealed, for the same person's next sign-in here.

It waits in the row of the session that ended. Which one that was, the browser still says by its old cookie, or, after
signing out in another tab, by a mark that opens nothing. Nobody else's sign-in is given it, and it is not sent
until its owner says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.utils.translation import gettext as _

from doorward.sessions import saved_requests
from doorward.web.http import cookies
from doorward.web.http.flash import ENDED

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request

CONTINUE = "/prove/continue/"
# The session that this browser was signed out of, and the one in whose row a form waits.
LEFT = settings.DOORWARD.cookie_name("left")
WAITS = settings.DOORWARD.cookie_name("unsent")
_SALT = "doorward.session"


def keep_unsent(request: Request, response: HttpResponse) -> HttpResponse:
    """Keep what somebody typed and sent too late, and say so. What has a password or a code in it is not kept."""
    if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        return response  # a script's, of which nobody has typed anything
    session_id = request.auth.browser.session_id if request.auth else _marked(request, LEFT)
    if request.auth is not None and request.auth.browser.managing_id is not None:
        # It was meant for a customer's portal, and would be sent to the own one.
        session_id = None
    if session_id is None or not _save(request, session_id):
        said = _(
            "You were signed out before this was sent: nothing was changed. Please sign in again."
        )
        messages.info(request, said, extra_tags=ENDED)
        return response
    said = _(
        "You were signed out before this was sent. Sign in again: what you typed is kept for half an hour."
    )
    messages.info(request, said)
    return _mark(response, WAITS, session_id)


def carry_over(request: Request, session_id: UUID) -> bool:
    """Give a session that was just begun the form that its person sent too late; return whether there is one."""
    ended = _marked(request, WAITS)
    return ended is not None and saved_requests.carry_over(ended, session_id, now=request.now)


def leave_mark(request: Request, response: HttpResponse) -> HttpResponse:
    """Have the browser remember which session it was signed out of, for forms that are open in other tabs."""
    if request.auth is None:
        return response
    return _mark(response, LEFT, request.auth.browser.session_id)


def drop_marks(request: Request, response: HttpResponse) -> HttpResponse:
    """Have the browser forget both: somebody signed in."""
    for name in {LEFT, WAITS} & set(request.COOKIES):
        cookies.drop(response, name)
    return response


def _save(request: Request, session_id: UUID) -> bool:
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    return not request.FILES and saved_requests.save_unsent(
        session_id,
        path=request.get_full_path(),
        fields=fields,
        browser_token=cookies.browser_token(request),
        now=request.now,
    )


def _mark(response: HttpResponse, name: str, session_id: UUID) -> HttpResponse:
    signed = signing.dumps(str(session_id), salt=_SALT + name)
    kept = int(saved_requests.WAITS_UNSENT.total_seconds())
    return cookies.put(response, name, signed, max_age=kept)


def _marked(request: Request, name: str) -> UUID | None:
    if name not in request.COOKIES:
        return None
    try:
        text = signing.loads(
            request.COOKIES[name], salt=_SALT + name, max_age=saved_requests.WAITS_UNSENT
        )
        return UUID(text)
    except (signing.BadSignature, ValueError):
        return None
