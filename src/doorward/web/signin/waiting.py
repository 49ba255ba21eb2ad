"""Waiting instead of help: the mailbox is verified, then it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.gate.requirement import Step
from doorward.kernel.errors import Refusal
from doorward.kernel.refusals import sentence
from doorward.recovery import queries, waiting
from doorward.sessions.errors import StaleRequest
from doorward.signin import mailbox
from doorward.web.http.gate import go_on, onward
from doorward.web.http.methods import both
from doorward.web.http.needs import serves
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, session_of
from doorward.web.kit.forms import is_bare, read, read_either, wrong
from doorward.web.signin.forms import AskForm, ResendForm, SentCodeForm
from doorward.web.signin.pages import WaitPage
from doorward.web.signin.sent_codes import say_sent

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request

PATH = "/sign-in/help/wait/"


@serves(Step.VERIFY_FACTOR)
@both
def wait(request: Request) -> HttpResponse:
    """Send a code to the mailbox, verify it, and ask to wait."""
    if request.method != "POST":
        return render(request, "signin/wait.html", _page(request))
    try:
        return _ask(request) if not is_bare(request, AskForm) else _mailbox(request)
    except StaleRequest:
        return see_other(onward(request))
    except Refusal as refusal:
        page = _page(request, refusal)
        return render(request, "signin/wait.html", page, wrong=page.wrong)


def _ask(request: Request) -> HttpResponse:
    read(request, AskForm)
    waiting.ask(auth=session_of(request), actor=acting(request), now=request.now)
    return see_other(PATH)


def _mailbox(request: Request) -> HttpResponse:
    auth, actor, now = session_of(request), acting(request), request.now
    form = read_either(request, ResendForm, SentCodeForm)
    if isinstance(form, ResendForm):
        mailbox.send(session_id=auth.browser.session_id, actor=actor, now=now, again=True)
        say_sent(request)
        return see_other(PATH)
    started = mailbox.verify_code(
        session_id=auth.browser.session_id,
        old_hash=auth.browser.token_hash,
        code=form.code,
        known_browser=auth.browser.known,
        actor=actor,
        now=now,
    )
    return go_on(started.token, PATH)


def _page(request: Request, refusal: Refusal | None = None) -> WaitPage:
    auth = session_of(request)
    until = queries.waits_until(auth.person.id)
    why_not = None if until else queries.why_not_wait(auth, now=request.now)
    return WaitPage(
        hours=queries.ways_of(auth, now=request.now).wait_hours,
        verified=waiting.mailbox_verified(auth, now=request.now),
        sent=mailbox.is_out(auth.browser.session_id, now=request.now),
        until=until,
        email=auth.person.email,
        impossible="" if why_not is None else sentence(why_not),
        wrong=wrong(refusal, SentCodeForm),
    )
