"""The fresh proof: asked for before what touches security, then on to exactly what was being done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.views.decorators.http import require_http_methods, require_safe

from doorward.administrators import parking, passwords, sessions
from doorward.core.errors import MustWait, Refusal, StaleRequest
from doorward.core.steps import Need
from doorward.core.text import safe_next
from doorward.mfa import proving
from doorward.web.gate import go_on
from doorward.web.needs import needs
from doorward.web.pages import render, see_other
from doorward.web.posted import field, optional
from doorward.web.refusals import sentence
from doorward.web.requests import acting, session_of
from doorward.web.signin.pages import ContinuePage, ProvePage

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.administrators.sessions import Started
    from doorward.web.requests import Request

# Old browsers do not say from where they were led.
_OUR_OWN = frozenset({None, "same-origin"})


@needs(Need.THROUGH)
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: Request) -> HttpResponse:
    """Ask for a code of the app or, where there is none, for the password."""
    by_code = bool(session_of(request).factors)
    if request.method != "POST":
        heading = safe_next(request.GET.get("next")) or "/"
        return render(request, "signin/prove.html", ProvePage(by_code=by_code, next=heading))
    heading = safe_next(optional(request, "next")) or "/"
    try:
        started = _by_code(request) if by_code else _by_password(request)
    except StaleRequest:
        return see_other(heading)
    except Refusal as refusal:
        wait = refusal.seconds if isinstance(refusal, MustWait) else 0
        page = ProvePage(by_code=by_code, next=heading, error=sentence(refusal), wait=wait)
        return render(request, "signin/prove.html", page, status=422, retry_after=wait or None)
    return go_on(started.token, heading)


@needs(Need.THROUGH)
@require_safe
def go_on_with_form(request: Request) -> HttpResponse:
    """Send on the form that waited for the proof; without scripts a button does.

    A script sends it by itself, so no other site may lead here.
    """
    browser = session_of(request).browser
    if browser.parked is None or request.headers.get("Sec-Fetch-Site") not in _OUR_OWN:
        return see_other("/")
    parked = parking.unpark(browser.session_id, browser.parked, now=request.now)
    if parked is None:
        return see_other("/")
    page = ContinuePage(action=safe_next(parked.path) or "/", fields=parked.fields)
    return render(request, "signin/continue.html", page)


def _by_code(request: Request) -> Started:
    return proving.prove_again(
        loaded=session_of(request),
        code=field(request, "code"),
        by=acting(request),
        now=request.now,
    )


def _by_password(request: Request) -> Started:
    loaded = session_of(request)
    passwords.prove(
        administrator_id=loaded.person.id,
        password=field(request, "password"),
        known_browser=loaded.browser.known,
        by=acting(request),
        now=request.now,
    )
    return sessions.step_up(
        loaded.browser.session_id, old_hash=loaded.browser.token_hash, password_at=request.now
    )
