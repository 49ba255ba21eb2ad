"""For who cannot do the second step: a suspended device that was found again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.views.decorators.http import require_http_methods, require_POST

from doorward.credentials.errors import NothingSuspended
from doorward.credentials.passkeys.challenges import Purpose
from doorward.credentials.suspension import can_be_taken_back
from doorward.gate.requirement import Step
from doorward.kernel.errors import Refusal
from doorward.policy.rules import FactorKind
from doorward.sessions.errors import StaleRequest
from doorward.signin import take_back as taking_back
from doorward.web.http.gate import go_on, onward
from doorward.web.http.needs import serves
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, session_of
from doorward.web.kit import passkeys
from doorward.web.kit.forms import wrong
from doorward.web.signin.forms import SentCodeForm
from doorward.web.signin.pages import TakeBackPage

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request


@serves(Step.VERIFY_FACTOR)
@require_http_methods(["GET", "HEAD", "POST"])
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
