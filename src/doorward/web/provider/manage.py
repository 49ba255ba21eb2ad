"""Staff asks to be let into a customer's portal, waits for the yes, and goes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from doorward.customers import staff_scope
from doorward.customers.tabs import MANAGE
from doorward.gate.requirement import Need
from doorward.kernel.errors import NotFound, Refusal
from doorward.kernel.refusals import sentence
from doorward.managing import ask, end, queries, session
from doorward.managing.models import State
from doorward.permissions.actions import Action
from doorward.web.http.gate import go_on
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, session_of, signed_in
from doorward.web.kit.forms import NOTHING, Wrong, read, say_refused, wrong

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.customers.models import Customer
    from doorward.managing.models import Managing
    from doorward.web.http.requests import Request

RIGHT, ASK = Need.right(MANAGE), Need.of(Action.MANAGE_CUSTOMER)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForm:
    """Why, and whether something is to be changed, too."""

    reason: str
    changes: bool


@dataclass(frozen=True, slots=True)
class AskPage:
    """What was asked for last, and the form. `open`: it is not over; `impossible`: why nothing can be asked for."""

    customer: Customer
    managing: Managing | None
    open: bool
    here: bool
    always: bool
    impossible: str = ""
    form: AskForm = AskForm(reason="", changes=False)
    wrong: Wrong = NOTHING


@needs(RIGHT, post=ASK)
@both
def page(request: Request, customer_id: UUID) -> HttpResponse:
    """Ask why somebody needs to see the portal; show what became of it."""
    customer = staff_scope.customer(customer_id, signed_in(request).scope)
    if request.method != "POST":
        return _show(request, customer)
    form = read(request, AskForm)
    try:
        ask.ask(
            customer.id,
            reason=form.reason,
            changes=form.changes,
            actor=acting(request),
            now=request.now,
        )
    except Refusal as refusal:
        return _show(request, customer, form, wrong(refusal, AskForm))
    return see_other(request.path)


@needs(ASK)
@require_POST
def begin(request: Request, customer_id: UUID) -> HttpResponse:
    """Go into the portal, for half an hour."""
    found = _own(request, staff_scope.customer(customer_id, signed_in(request).scope))
    browser = session_of(request).browser
    try:
        started = session.begin(
            found.id,
            customer_id=customer_id,
            browser=browser,
            actor=acting(request),
            now=request.now,
        )
    except Refusal as refusal:
        end.still_open(found, now=request.now)
        say_refused(request, refusal)
        return see_other(f"/customers/{customer_id}/manage/")
    request.other_portal = True
    return go_on(started.token)


@needs(ASK)
@require_POST
def take_back(request: Request, customer_id: UUID) -> HttpResponse:
    """Ask no longer."""
    found = _own(request, staff_scope.customer(customer_id, signed_in(request).scope))
    try:
        actor = acting(request)
        ask.take_back(found.id, customer_id=customer_id, actor=actor, now=request.now)
    except Refusal as refusal:
        say_refused(request, refusal)
    else:
        messages.success(request, _("The request is taken back."))
    return see_other(f"/customers/{customer_id}/manage/")


def _own(request: Request, customer: Customer) -> Managing:
    found = queries.newest_of(customer.id, staff_id=signed_in(request).id)
    if found is None:
        raise NotFound
    return found


def _show(
    request: Request, customer: Customer, form: AskForm | None = None, found: Wrong = NOTHING
) -> HttpResponse:
    managing = queries.newest_of(customer.id, staff_id=signed_in(request).id)
    is_open = managing is not None and end.still_open(managing, now=request.now)
    refused = None if is_open else ask.why_not(customer, actor=acting(request), now=request.now)
    own = session_of(request).browser.session_id
    shown = AskPage(
        customer,
        managing,
        open=is_open and managing is not None and managing.state in {State.ASKED, State.AGREED},
        here=managing is not None and managing.session_id == own,
        always=ask.needs_no_yes(customer, actor=acting(request), now=request.now),
        impossible="" if refused is None else sentence(refused),
        form=form or AskForm(reason="", changes=False),
        wrong=found,
    )
    return render(request, "provider/manage.html", shown, wrong=found)
