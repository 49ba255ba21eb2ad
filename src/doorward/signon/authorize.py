"""Signing in to an application: the gate decides, and the answer goes to the application's own address.

Nobody is asked whether they agree: the applications are the provider's own, and the right to the tab is the consent.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from doorward.applications import authorization_codes, grants, pushed_requests, resuming, subjects
from doorward.applications.authorization_codes import Asked
from doorward.applications.errors import AlreadyAnswered
from doorward.applications.protocol import Code, ProtocolError
from doorward.gate.assurance import Assurance, of_kind, reaches, verified_factor
from doorward.gate.evaluate import evaluate
from doorward.gate.requirement import Need, Step
from doorward.sessions.reauthentication import RECOVERY_PROOF_SECONDS, Reauthentication
from doorward.signon import authorization_request, hints
from doorward.signon.answers import (
    Answer,
    another,
    answer,
    denied,
    is_known,
    no_answer,
    not_managing,
)
from doorward.signon.issuer import issuer_of
from doorward.signon.parameters import Unanswerable, application_of, single
from doorward.web.http.gate import lead, note_refused
from doorward.web.http.needs import needs
from doorward.web.http.pages import see_other
from doorward.web.http.requests import session_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.http import HttpResponse, QueryDict

    from doorward.applications.models import Application
    from doorward.applications.resuming import Begun
    from doorward.gate.evaluate import Verdict
    from doorward.sessions.context import AuthContext
    from doorward.signon.authorization_request import Wish
    from doorward.web.http.requests import Request

# What an application is told that wants nobody to be asked (OpenID Connect Core, 3.1.2.6).
_SILENT: Final = {
    Step.SIGN_IN: Code.LOGIN_REQUIRED,
    Step.VERIFY_FACTOR: Code.LOGIN_REQUIRED,
    Step.REAUTHENTICATE: Code.LOGIN_REQUIRED,
    Step.NO_RIGHT: Code.ACCESS_DENIED,
    Step.NOT_WHILE_MANAGING: Code.ACCESS_DENIED,
    Step.ANOTHER_FACTOR: Code.UNMET_AUTHENTICATION_REQUIREMENTS,
}
# What comes back from a step by an address; to a longer one `safe_next` would not lead.
_LONGEST_ADDRESS: Final = 1900


# Another site's form may lead here, as a link may: nothing is changed by it, and the answer goes to the application.
@csrf_exempt
@needs(Need.NOTHING)
@require_http_methods(["GET", "POST"])
def authorize(request: Request) -> HttpResponse:
    """Answer an authorization request (RFC 6749, 4.1.1), or lead to the step that is missing, and then back."""
    try:
        begun, application = _begun(request)
        redirect_uri = authorization_request.redirect_of(application, begun.parameters)
    except Unanswerable as error:
        return no_answer(request, error)
    except ProtocolError as error:
        return _refused_unread(request, error)
    to = _to(request, redirect_uri, begun.parameters, by_page=begun.again)
    try:
        wish = authorization_request.read(application, begun.parameters)
        _refuse_too_long(begun)
        if request.method == "POST":
            # With another site's form no cookie of ours comes along; with what leads here, it does.
            return see_other(begun.address())
        return _decide(request, application, begun, wish, to)
    except ProtocolError as error:
        return answer(request, to, error=error.code.value, error_description=error.description)


def _to(
    request: Request, redirect_uri: str, parameters: Mapping[str, str], *, by_page: bool = False
) -> Answer:
    return Answer(
        redirect_uri=redirect_uri,
        state=parameters.get("state", ""),
        issuer=issuer_of(request),
        form_post=parameters.get("response_mode") == "form_post",
        by_page=by_page,
    )


def _refused_unread(request: Request, error: ProtocolError) -> HttpResponse:
    """Tell the application of a request that is not well formed, where it is known whose it is."""
    try:
        parameters = authorization_request.of_the_answer(_sent(request))
        application = application_of(parameters.get("client_id", ""))
        to = _to(request, authorization_request.redirect_of(application, parameters), parameters)
    except Unanswerable:
        return no_answer(request, error)
    return answer(request, to, error=error.code.value, error_description=error.description)


def _sent(request: Request) -> QueryDict:
    return request.POST if request.method == "POST" else request.GET


def _refuse_too_long(begun: Begun) -> None:
    if len(begun.address()) > _LONGEST_ADDRESS:
        raise ProtocolError(Code.INVALID_REQUEST, "The request is too long.")


def _begun(request: Request) -> tuple[Begun, Application]:
    """Return the request, and whose it is: as it came, as it was pushed, or as it comes back from a step."""
    sent = single(_sent(request))
    if resuming.PARAMETER in sent and request.method != "POST":
        begun = resuming.resume(sent[resuming.PARAMETER], now=request.now)
        if begun is None:
            raise Unanswerable(authorization_request.TOO_OLD)
        return begun, application_of(begun.parameters.get("client_id", ""))
    application = application_of(sent.get("client_id", ""))
    if sent.get("request_uri", "").startswith(pushed_requests.URN):
        kept = pushed_requests.take(application, sent["request_uri"], now=request.now)
        if kept is None:
            raise Unanswerable(authorization_request.TOO_OLD)
        return resuming.begin(kept, now=request.now), application
    parameters = authorization_request.kept(sent, issuer=issuer_of(request))
    return resuming.begin(parameters, now=request.now), application


def _decide(
    request: Request, application: Application, begun: Begun, wish: Wish, to: Answer
) -> HttpResponse:
    """Do what the gate says of it."""
    need = _need(request, application, begun, wish)
    verdict = evaluate(request.auth, need, now=request.now)
    if verdict.admitted and hints.means_another(request, begun.parameters):
        if wish.silent:
            raise ProtocolError(Code.LOGIN_REQUIRED, "Somebody else is signed in.")
        return another(request, begun, hints.email_of(begun.parameters), to)
    if verdict.through:
        _refuse_another(request, application, wish)
        return _give(request, application, begun, wish, to)
    if wish.silent:
        code = _SILENT.get(verdict.step, Code.INTERACTION_REQUIRED)
        raise ProtocolError(code, "Somebody would have to be asked.")
    if (page := _page_of(request, application, begun, verdict, to)) is not None:
        return page
    if verdict.step is Step.SIGN_IN:
        return hints.to_sign_in(request, begun.parameters, begun.address())
    without = not_enough(request, need.assurance)
    return lead(request, verdict, begun.address(), without=without)


def _page_of(
    request: Request, application: Application, begun: Begun, verdict: Verdict, to: Answer
) -> HttpResponse | None:
    """Return the page that says why somebody does not get on; None: a step leads there."""
    managing = request.auth is not None and request.auth.portal is not None
    match verdict.step:
        case Step.NOT_WHILE_MANAGING:
            return _not_managing(request, application, to)
        case Step.NO_RIGHT if managing:
            return _not_managing(request, application, to)
        case Step.NO_RIGHT:
            note_refused(request, application.tab.key if is_known(request, application) else "")
            code = Code.ACCESS_DENIED
        case Step.ANOTHER_FACTOR:
            code = Code.UNMET_AUTHENTICATION_REQUIREMENTS
        case _:
            return None
    return denied(request, application, to, begun.address(), code)


def _not_managing(request: Request, application: Application, to: Answer) -> HttpResponse:
    back = to.address(error=Code.ACCESS_DENIED.value)
    return not_managing(request, application, to.redirect_uri, back=back)


def _refuse_another(request: Request, application: Application, wish: Wish) -> None:
    """Give nothing of somebody else than the application means."""
    party = subjects.party_of(application, _as_whom(request))
    if wish.subject and wish.subject != party["sub"]:
        raise ProtocolError(Code.LOGIN_REQUIRED, "Somebody else is signed in.")


def _as_whom(request: Request) -> AuthContext:
    """Return who is let through: in the customer's portal, where this session of staff is in one."""
    auth = session_of(request)
    return auth.portal or auth


def _need(request: Request, application: Application, begun: Begun, wish: Wish) -> Need:
    """Return what this request asks of a session: what the application always asks, and what it asks this time."""
    need = grants.need_of(application)
    levels = [one for one in Assurance if one in {need.assurance, wish.assurance}]
    # Whatever was verified since it was asked for was verified for it.
    since = int((request.now - begun.at).total_seconds()) + 1 if begun.again else 0
    seconds: int | None = None
    if wish.anew:
        seconds = since
    elif wish.max_age is not None:
        seconds = max(wish.max_age, since)
    fresh = None
    if seconds is not None:
        serves = seconds >= RECOVERY_PROOF_SECONDS
        fresh = Reauthentication(seconds=seconds, recovery_serves=serves)
    return replace(need, assurance=levels[-1] if levels else None, fresh=fresh)


def not_enough(request: Request, wanted: Assurance | None) -> UUID | None:
    """Return the factor that was verified and is not enough, so that another one is asked for."""
    verified = verified_factor(request.auth.facts) if request.auth else None
    if wanted is None or verified is None or reaches(of_kind(verified.kind), wanted):
        return None
    return verified.id


def _give(
    request: Request, application: Application, begun: Begun, wish: Wish, to: Answer
) -> HttpResponse:
    what = Asked(
        request_id=begun.id,
        redirect_uri=wish.redirect_uri,
        scopes=wish.scopes,
        resource=wish.resource,
        nonce=wish.nonce,
        code_challenge=wish.code_challenge,
        claims=wish.claims,
    )
    auth = _as_whom(request)
    actor = replace(auth.actor(request.client), why=request.why)
    try:
        code = authorization_codes.give(application, what, auth=auth, actor=actor, now=request.now)
    except AlreadyAnswered as refusal:
        return no_answer(request, refusal)
    return answer(request, to, code=code)
