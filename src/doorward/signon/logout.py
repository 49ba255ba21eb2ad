"""Signing out, asked for by an application (OpenID Connect RP-Initiated Logout 1.0).

With a token of this very session it is done at once, else the person is asked; nobody is led to an address that is not
one of the application's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from doorward.applications import resuming, tokens
from doorward.applications.protocol import ProtocolError
from doorward.customers.tab_titles import title_of
from doorward.gate.evaluate import evaluate
from doorward.gate.requirement import Need, Step
from doorward.sessions import ending
from doorward.signon import hints
from doorward.signon.answers import OnwardPage, no_answer, with_query
from doorward.signon.issuer import issuer_of
from doorward.signon.parameters import Unanswerable, application_of, single
from doorward.web.http import cookies
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpResponse

    from doorward.applications.models import Application
    from doorward.sessions.context import AuthContext
    from doorward.web.http.requests import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutPage:
    """Whether somebody wants to be signed out, with what the application asked for."""

    application: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Hint:
    """Whose sign-out it is. `session`: by what the application knows the session; empty: it does not say."""

    application: Application | None = None
    session: str = ""


# A form of another site may lead here: what ends a session wants its token, or the person's own click.
@csrf_exempt
@needs(Need.NOTHING)
@require_http_methods(["GET", "POST"])
def logout(request: Request) -> HttpResponse:
    """End the session where it is sure that this is wanted, else ask; then lead on."""
    try:
        sent = single(request.POST if request.method == "POST" else request.GET)
        hint = _hint(request, sent)
        onward = _onward(hint.application, sent)
    except (Unanswerable, ProtocolError) as error:
        return no_answer(request, error)
    if request.method == "POST":
        # No cookie of ours comes with another site's form; with what leads here, it does.
        return see_other(f"{request.path}?{urlencode(sent)}")
    auth = _whose(request)
    if auth is None:
        return _done(request, onward)
    # Also where a step is due: who goes away from it must not leave a session behind.
    if hint.application is not None and hint.session == tokens.session_mark(
        hint.application, auth.browser.session_id
    ):
        return _end(request, onward)
    name = _shown(request, hint.application)
    fields = tuple((one, value) for one, value in sent.items() if one in _KEPT)
    return render(request, "signon/logout.html", LogoutPage(application=name, fields=fields))


@needs(Need.NOTHING)
@require_http_methods(["POST"])
def confirm(request: Request) -> HttpResponse:
    """End the session: the person said so. Another may sign in then, and go on with the request that this one had."""
    begun = resuming.resume(request.POST.get(resuming.PARAMETER, ""), now=request.now)
    if begun is not None:
        _end_session(request)
        return _without_session(hints.to_sign_in(request, begun.parameters, begun.address()))
    sent = {name: request.POST.get(name, "") for name in _KEPT}
    try:
        onward = _onward(_hint(request, sent).application, sent)
    except (Unanswerable, ProtocolError):
        onward = ""
    return _end(request, onward)


_KEPT = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


def _hint(request: Request, sent: Mapping[str, str]) -> _Hint:
    if not sent.get("id_token_hint"):
        client_id = sent.get("client_id")
        return _Hint(application_of(client_id) if client_id else None)
    claims = tokens.read_hint(sent["id_token_hint"], issuer=issuer_of(request))
    client_id = str(claims.get("aud"))
    if sent.get("client_id", client_id) not in {"", client_id}:
        raise Unanswerable
    return _Hint(application_of(client_id), str(claims.get("sid", "")))


def _shown(request: Request, application: Application | None) -> str:
    """Return the title of an application's tab, to whoever is through and has it; nobody else is told of it."""
    person = request.administrator
    seen = person is not None and application is not None and application.tab.key in person.tab_keys
    return title_of(application.tab.key) if application is not None and seen else ""


def _onward(application: Application | None, sent: Mapping[str, str]) -> str:
    """Return where to go after it: letter by letter one of the application's addresses; empty: nowhere."""
    address = sent.get("post_logout_redirect_uri", "")
    if not address:
        return ""
    if application is None or address not in application.logout_uris:
        raise Unanswerable
    state = sent.get("state", "")
    return with_query(address, {"state": state}) if state else address


def _end(request: Request, onward: str) -> HttpResponse:
    _end_session(request)
    return _without_session(_done(request, onward))


def _end_session(request: Request) -> None:
    if (auth := request.auth or request.unbound) is not None:
        actor = auth.actor(request.client)
        ending.sign_out(auth.browser.session_id, actor=actor, now=request.now)


def _whose(request: Request) -> AuthContext | None:
    """Return the session that there is to end, also without its device (`web.signin.views.sign_out`); None: none is."""
    auth = request.auth
    if auth is None:
        return request.unbound
    step = evaluate(auth, Need.OWN, now=request.now).step
    return None if step is Step.SIGN_IN else auth


def _without_session(answer: HttpResponse) -> HttpResponse:
    response = cookies.drop_session(answer)
    response["Clear-Site-Data"] = '"storage"'
    return response


def _done(request: Request, onward: str) -> HttpResponse:
    if not onward:
        return see_other("/sign-in/")
    page = OnwardPage(application=urlsplit(onward).hostname or "", address=onward)
    request.administrator = None
    response = render(request, "signon/signed_out.html", page)
    response["Refresh"] = f"0; url={onward}"
    return response
