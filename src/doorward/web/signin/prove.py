"""The fresh proof: asked for before what touches security, then on to exactly what was being done."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.views.decorators.http import require_http_methods, require_safe

from doorward.administrators import parking, passwords, sessions
from doorward.core.errors import MustWait, Refusal, StaleRequest
from doorward.core.steps import FactorKind, Need, Step
from doorward.core.text import safe_next
from doorward.core.why import why_again
from doorward.mfa import passkey_proving, proving
from doorward.mfa.challenges import Purpose
from doorward.web import passkeys
from doorward.web.gate import go_on, onward
from doorward.web.needs import needs, serves
from doorward.web.pages import render, see_other
from doorward.web.posted import field, optional
from doorward.web.refusals import sentence
from doorward.web.requests import acting, session_of
from doorward.web.signin.pages import ContinuePage, ProvePage

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.administrators.sessions import Started
    from doorward.mfa.facts import Loaded
    from doorward.web.requests import Request

# Old browsers do not say from where they were led.
_OUR_OWN = frozenset({None, "same-origin"})


@serves(Step.PROVE_PASSWORD, through=True)
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: Request) -> HttpResponse:
    """Ask for a passkey or a code of the app or, where there is neither, for the password."""
    if request.administrator is not None:  # else a step is due, and the gate has said why
        say_why(request)
    if request.method != "POST":
        heading = safe_next(request.GET.get("next")) or "/"
        return render(request, "signin/prove.html", _page(request, heading))
    heading = safe_next(optional(request, "next")) or "/"
    if "later" in request.POST and _may_put_off(request):
        sessions.put_off(session_of(request).browser.session_id, by=acting(request))
        return see_other(onward(request))
    try:
        started = _by_what_there_is(request)
    except StaleRequest:
        return see_other(heading)
    except Refusal as refusal:
        page = _page(request, heading, refusal)
        return render(request, "signin/prove.html", page, status=422, retry_after=page.wait or None)
    return go_on(started.token, heading)


def _may_put_off(request: Request) -> bool:
    """Say whether all that is asked for comes before a set-up that may wait."""
    policy = session_of(request).facts.policy
    return request.administrator is None and policy.required and policy.in_grace(request.now)


def serving(request: Request) -> Loaded:
    """Give the session with the factors that serve: taken by the policy, and not the one that is to be removed."""
    return session_of(request).without(_gone(request)).that_serve()


def _gone(request: Request) -> UUID | None:
    """Give the factor of theirs that is to be removed; None: there is no such one."""
    asked = request.GET.get("without") or optional(request, "without")
    try:
        gone = UUID(asked)
    except ValueError:
        return None
    return gone if any(row.id == gone for row in session_of(request).factors) else None


def say_why(request: Request) -> None:
    """Put on the request why a fresh proof is asked for, for the page and the events."""
    loaded = session_of(request)
    another = _gone(request) is not None
    request.why = why_again(loaded.facts, another=another, now=request.now)


def _page(request: Request, heading: str, refusal: Refusal | None = None) -> ProvePage:
    loaded, serves, gone = session_of(request), serving(request), _gone(request)
    asked = {"next": heading} | ({"without": str(gone)} if gone else {})
    return ProvePage(
        by_factor=bool(loaded.factors),
        next=heading,
        email=loaded.person.email,
        step=request.administrator is None,
        may_put_off=_may_put_off(request),
        clock=f"/prove/clock/?{urlencode(asked)}",
        apps=any(row.kind is FactorKind.APP for row in serves.factors),
        passkeys=passkeys.serve(serves) and passkeys.work_here(request),
        without=str(gone) if gone else "",
        error=sentence(refusal) if refusal else "",
        wait=refusal.seconds if isinstance(refusal, MustWait) else 0,
    )


def _by_what_there_is(request: Request) -> Started:
    if not session_of(request).factors:
        return _by_password(request)
    return _by_passkey(request) if "credential" in request.POST else _by_code(request)


def _by_passkey(request: Request) -> Started:
    return passkey_proving.prove_again(
        loaded=serving(request),
        given=passkeys.given(request, Purpose.PROVE),
        by=acting(request),
        now=request.now,
    )


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
    action = safe_next(parked.path) or "/"
    page = ContinuePage(action=action, fields=parked.fields, unsent=parked.unsent)
    return render(request, "signin/continue.html", page)


def _by_code(request: Request) -> Started:
    return proving.prove_again(
        loaded=serving(request),
        code=field(request, "code"),
        by=acting(request),
        now=request.now,
    )


def _by_password(request: Request) -> Started:
    loaded = session_of(request)
    return passwords.prove_again(
        administrator_id=loaded.person.id,
        password=field(request, "password"),
        session_id=loaded.browser.session_id,
        old_hash=loaded.browser.token_hash,
        by=acting(request),
        now=request.now,
    )
