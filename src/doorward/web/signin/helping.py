"""For who cannot go on: which ways there are, a device that was found again, a set-up pass, and a veto by mail."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from django.views.decorators.http import require_POST, require_safe

from doorward.accounts import mailed_links
from doorward.accounts.errors import LinkUsed
from doorward.accounts.models import LinkPurpose
from doorward.credentials.errors import NothingSuspended
from doorward.credentials.passkeys.challenges import Purpose
from doorward.credentials.suspension import can_be_taken_back
from doorward.gate.evaluate import evaluate
from doorward.gate.requirement import Need, Step
from doorward.kernel.errors import Refusal
from doorward.kernel.refusals import sentence
from doorward.policy.rules import FactorKind
from doorward.recovery import request_state, set_up_pass, veto
from doorward.recovery.models import State, Way
from doorward.recovery.queries import ways_of
from doorward.sessions.errors import StaleRequest
from doorward.signin import take_back as taking_back
from doorward.web.http import cookies, posted
from doorward.web.http.gate import go_on, onward
from doorward.web.http.methods import both
from doorward.web.http.needs import needs, serves
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, session_of
from doorward.web.kit import passkeys
from doorward.web.kit.forms import Wrong, wrong
from doorward.web.signin.forms import SentCodeForm
from doorward.web.signin.pages import HelpMePage, LinkPage, PassPage, TakeBackPage, VetoPage

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpResponse

    from doorward.accounts.models import MailedLink
    from doorward.web.http.requests import Request

_DONE: Final = "/veto/done/"


@serves(Step.VERIFY_FACTOR)
@both
def take_back(request: Request) -> HttpResponse:
    """Ask for the proof of a device that was suspended; it is taken back by that, and lets in."""
    if request.method != "POST":
        return render(request, "signin/take_back.html", _page(request))
    proof = passkeys.proof_in(request, Purpose.SECOND_STEP)
    try:
        started = taking_back.take_back(
            auth=session_of(request), proof=proof, actor=acting(request), now=request.now
        )
    except StaleRequest:
        return see_other(onward(request))
    except Refusal as refusal:
        page = _page(request, refusal)
        return render(request, "signin/take_back.html", page, wrong=page.wrong)
    return go_on(started.token, onward(request))


@serves(Step.VERIFY_FACTOR)
@require_POST
def take_back_options(request: Request) -> HttpResponse:
    """Ask for one of the passkeys that can be taken back."""
    lost = can_be_taken_back(session_of(request), now=request.now)
    return passkeys.ask(request, Purpose.SECOND_STEP, lost)


@needs(Need.NOTHING)
@require_safe
def help_me(request: Request) -> HttpResponse:
    """Say what can be done at the step that somebody is stuck at; who has not given the password learns nothing."""
    auth = request.auth
    due = evaluate(auth, Need.OWN, now=request.now).step
    if due is Step.THROUGH:
        return see_other("/support/")
    asked = auth is not None and due is Step.VERIFY_FACTOR
    page = HelpMePage(
        step=due.value, ways=ways_of(auth, now=request.now) if auth and asked else None
    )
    return render(request, "signin/help.html", page)


@serves(Step.VERIFY_FACTOR)
@both
def use_pass(request: Request) -> HttpResponse:
    """Ask for the set-up pass that a colleague was shown; it leads to the set-up of a new device alone."""
    if request.method != "POST":
        return render(request, "signin/pass.html", PassPage())
    typed = posted.field(request, "pass")
    try:
        started = set_up_pass.use(
            auth=session_of(request), typed=typed, actor=acting(request), now=request.now
        )
    except StaleRequest:
        return see_other(onward(request))
    except Refusal as refusal:
        page = PassPage(wrong=_wrong_pass(refusal))
        return render(request, "signin/pass.html", page, wrong=page.wrong)
    # Home, and not a page that was tried on the way here.
    return go_on(started.token)


@needs(Need.NOTHING)
@both
def object_by_link(request: Request) -> HttpResponse:
    """Ask whether help is to be refused, by the link that was mailed; refuse it."""
    token = cookies.link_token(request)
    try:
        if request.method != "POST":
            purposes = (LinkPurpose.VETO,)
            link = mailed_links.find(
                token, purposes=purposes, now=request.now, host=request.client.host
            )
            return render(request, "signin/veto.html", _veto_page(link, now=request.now))
        with suppress(LinkUsed):  # Pressed twice: both lead to what came of it.
            veto.veto(token=token, client=request.client, now=request.now)
    except Refusal as refusal:
        return _no_link(request, refusal)
    return cookies.take_link_out(token, to=_DONE)


@needs(Need.NOTHING)
@require_safe
def objected(request: Request) -> HttpResponse:
    """Say that help was refused, or that everything was ended because the wrong one was helped.

    To the browser alone that did it, and only what came of it.
    """
    try:
        state = veto.came_of(cookies.link_token(request), host=request.client.host)
    except Refusal as refusal:
        return _no_link(request, refusal)
    page = VetoPage(done=True, back=state is State.DENIED)
    return render(request, "signin/veto.html", page)


def _no_link(request: Request, refusal: Refusal) -> HttpResponse:
    status = 422 if request.method == "POST" else 404
    page = LinkPage(error=sentence(refusal), why=refusal.code)
    return render(request, "signin/no_link.html", page, status=status)


def _veto_page(link: MailedLink, *, now: datetime) -> VetoPage:
    request = veto.request_of(link, now=now)
    waits, back = request.way == Way.WAITING, request_state.is_back(request, now=now)
    # Of what is mailed, nothing is suspended.
    suspended = request.state == State.ISSUED and not request.by_mail
    return VetoPage(
        email=link.administrator.email,
        by=request.asked_by.full_name if request.asked_by else "",
        at=request.asked_at,
        waits=waits and not back,
        suspended=suspended,
        back=back,
    )


def _wrong_pass(refusal: Refusal) -> Wrong:
    # No attribute can be called `pass`, so the form is no dataclass.
    if refusal.field == "pass":
        return Wrong(fields={"pass": sentence(refusal)})
    return wrong(refusal)


def _page(request: Request, refusal: Refusal | None = None) -> TakeBackPage:
    lost = can_be_taken_back(session_of(request), now=request.now)
    if not lost.factors and refusal is None:
        refusal = NothingSuspended()
    return TakeBackPage(
        apps=any(row.kind is FactorKind.APP for row in lost.factors),
        passkeys=passkeys.serve(lost) and passkeys.work_here(request),
        names=[row.name for row in lost.factors],
        wrong=wrong(refusal, SentCodeForm),
    )
