"""The reauthentication: asked for before what touches security, then on to exactly what was being done."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.views.decorators.http import require_safe

from doorward.credentials.passkeys import verify
from doorward.credentials.passkeys.challenges import Purpose
from doorward.credentials.passkeys.verify import Given
from doorward.credentials.password import change
from doorward.credentials.totp import verify as totp_verify
from doorward.gate.reasons import why_again
from doorward.gate.requirement import Need, Step
from doorward.kernel.errors import Refusal
from doorward.kernel.text.cleaning import safe_next
from doorward.policy.rules import FactorKind
from doorward.sessions import queries, saved_requests
from doorward.sessions.errors import StaleRequest
from doorward.web.http.gate import go_on, onward
from doorward.web.http.methods import both
from doorward.web.http.needs import needs, serves
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, session_of
from doorward.web.kit import passkeys
from doorward.web.kit.forms import is_bare, read, wrong
from doorward.web.kit.passkeys import CodeForm
from doorward.web.kit.saved_request_words import lines_of
from doorward.web.signin.forms import HeadingForm, NotNowForm, OwnPasswordForm
from doorward.web.signin.pages import ContinuePage, ReauthenticationPage

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.sessions.context import AuthContext
    from doorward.sessions.issuing import Started
    from doorward.web.http.requests import Request

# Old browsers do not say from where they were led.
_OUR_OWN = frozenset({None, "same-origin"})


@serves(Step.VERIFY_PASSWORD, through=True)
@both
def reauthenticate(request: Request) -> HttpResponse:
    """Ask for a passkey or a code of the app or, where there is neither, for the password."""
    if request.administrator is not None:  # else a step is due, and the gate has said why
        say_why(request)
    if request.method != "POST":
        heading = safe_next(request.GET.get("next")) or "/"
        return render(request, "signin/reauthenticate.html", _page(request, heading))
    heading = safe_next(read(request, HeadingForm).next) or "/"
    if not is_bare(request, NotNowForm) and _may_put_off(request):
        queries.put_off(session_of(request).browser.session_id, actor=acting(request))
        return see_other(onward(request))
    try:
        started = _by_what_there_is(request)
    except StaleRequest:
        return see_other(heading)
    except Refusal as refusal:
        page = _page(request, heading, refusal)
        return render(request, "signin/reauthenticate.html", page, wrong=page.wrong)
    return go_on(started.token, heading)


def _may_put_off(request: Request) -> bool:
    """Return whether all that is asked for comes before a set-up that may wait."""
    policy = session_of(request).facts.policy
    return request.administrator is None and policy.required and policy.in_grace(request.now)


def serving(request: Request) -> AuthContext:
    """Return the session with the factors that serve: taken by the policy, and not the one that is to be removed."""
    return session_of(request).without(_gone(request)).that_serve()


def _gone(request: Request) -> UUID | None:
    """Return the factor of theirs that is to be removed; None: there is no such one."""
    asked = request.GET.get("without") or read(request, HeadingForm).without
    try:
        gone = UUID(asked)
    except ValueError:
        return None
    return gone if any(row.id == gone for row in session_of(request).factors) else None


def say_why(request: Request) -> None:
    """Put on the request why reauthentication is asked for, for the page and the events."""
    auth = session_of(request)
    another = _gone(request) is not None
    request.why = why_again(auth.facts, another=another, now=request.now)


def _page(request: Request, heading: str, refusal: Refusal | None = None) -> ReauthenticationPage:
    auth, serves, gone = session_of(request), serving(request), _gone(request)
    asked = {"next": heading} | ({"without": str(gone)} if gone else {})
    return ReauthenticationPage(
        by_factor=bool(auth.factors),
        next=heading,
        email=auth.person.email,
        step=request.administrator is None,
        may_put_off=_may_put_off(request),
        clock=f"/prove/clock/?{urlencode(asked)}",
        apps=any(row.kind is FactorKind.APP for row in serves.factors),
        passkeys=passkeys.serve(serves) and passkeys.work_here(request),
        without=str(gone) if gone else "",
        wrong=wrong(refusal, CodeForm if auth.factors else OwnPasswordForm),
    )


def _by_what_there_is(request: Request) -> Started:
    if not session_of(request).factors:
        return _by_password(request)
    auth, actor, now = serving(request), acting(request), request.now
    proof = passkeys.proof_in(request, Purpose.REAUTHENTICATE)
    if isinstance(proof, Given):
        return verify.reauthenticate(auth=auth, given=proof, actor=actor, now=now)
    return totp_verify.reauthenticate(auth=auth, code=proof, actor=actor, now=now)


@needs(Need.OWN)
@require_safe
def go_on_with_form(request: Request) -> HttpResponse:
    """Send on the form that waited for the proof; without scripts a button does.

    A script sends it by itself, so no other site may lead here.
    """
    browser = session_of(request).browser
    if browser.saved_request is None or request.headers.get("Sec-Fetch-Site") not in _OUR_OWN:
        return see_other("/")
    saved_request = saved_requests.restore(
        browser.session_id, browser.saved_request, now=request.now
    )
    if saved_request is None:
        return see_other("/")
    action = safe_next(saved_request.path) or "/"
    fields, unsent = saved_request.fields, saved_request.unsent
    lines = lines_of(fields) if unsent else []
    page = ContinuePage(action=action, fields=fields, unsent=unsent, lines=lines)
    return render(request, "signin/continue.html", page)


def _by_password(request: Request) -> Started:
    auth = session_of(request)
    return change.reauthenticate(
        administrator_id=auth.person.id,
        password=read(request, OwnPasswordForm).password,
        session_id=auth.browser.session_id,
        old_hash=auth.browser.token_hash,
        actor=acting(request),
        now=request.now,
    )
