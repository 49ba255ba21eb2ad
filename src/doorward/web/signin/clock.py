"""The clock doctor, on request: where the second step and the reauthentication do not accept a code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from doorward.credentials.events import PROOF_FAILED, SECOND_STEP_FAILED
from doorward.credentials.totp import clock_doctor
from doorward.gate.requirement import Need, Step
from doorward.kernel.errors import Refusal
from doorward.kernel.refusals import clock_off
from doorward.kernel.text.cleaning import safe_next
from doorward.policy.rules import FactorKind
from doorward.web.http.methods import both
from doorward.web.http.needs import needs, serves
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, session_of
from doorward.web.kit.forms import read, wrong
from doorward.web.signin.forms import ClockForm, HeadingForm
from doorward.web.signin.pages import ClockPage
from doorward.web.signin.reauthentication import say_why, serving

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.audit.events import EventType
    from doorward.sessions.context import AuthContext
    from doorward.web.http.requests import Request


@serves(Step.VERIFY_FACTOR)
@both
def at_sign_in(request: Request) -> HttpResponse:
    """Look at the clock of somebody whose password was right."""
    page = ClockPage(action=request.path, back="/sign-in/code/")
    return _look(
        request, page, auth=session_of(request).that_serve(), event_type=SECOND_STEP_FAILED
    )


@needs(Need.OWN)
@both
def at_proof(request: Request) -> HttpResponse:
    """Look at the clock of somebody of whom reauthentication is asked."""
    say_why(request)
    sent = read(request, HeadingForm)
    heading = safe_next(request.GET.get("next") or sent.next) or "/"
    without = request.GET.get("without") or sent.without
    values = {"next": heading} | ({"without": without} if without else {})
    back = f"/prove/?{urlencode(values)}"
    page = ClockPage(action=request.path, back=back, values=values)
    return _look(request, page, auth=serving(request), event_type=PROOF_FAILED)


def _look(
    request: Request, page: ClockPage, *, auth: AuthContext, event_type: EventType
) -> HttpResponse:
    if not any(row.kind is FactorKind.APP and row.usable for row in auth.factors):
        return see_other(page.back)
    if request.method != "POST":
        return render(request, "signin/clock.html", page)
    form = read(request, ClockForm)
    try:
        off = clock_doctor.examine(
            auth=auth,
            first=form.first,
            second=form.second,
            event_type=event_type,
            actor=acting(request),
            now=request.now,
        )
    except Refusal as refusal:
        page = replace(page, wrong=wrong(refusal, ClockForm))
        return render(request, "signin/clock.html", page, wrong=page.wrong)
    # Codes that were looked at were not accepted, whatever they say of the clock.
    page = replace(page, off=clock_off(off), right=off == 0)
    return render(request, "signin/clock.html", page, status=422)
