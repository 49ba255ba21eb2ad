"""Staff's side of the caller check: whom they are talking to, and the code that they hear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorward.customers import staff_scope
from doorward.customers.tabs import CUSTOMERS
from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.permissions.actions import Action
from doorward.recovery import caller_check
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit.forms import NOTHING, Wrong, read, wrong

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.customers.models import Customer
    from doorward.recovery.caller_check import Seen
    from doorward.web.http.requests import Request

RIGHT = Need.right(CUSTOMERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoForm:
    """Whom staff are talking to."""

    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardForm:
    """What was read out on the phone."""

    code: str


@dataclass(frozen=True, slots=True)
class CheckPage:
    """A check with one of a customer's people, before it was begun and while it runs."""

    customer: Customer
    here: str
    email: str = ""
    check: Seen | None = None
    over: bool = False
    wrong: Wrong = NOTHING


@needs(RIGHT, post=Need.of(Action.BEGIN_CALLER_CHECK))
@both
def begin(request: Request, customer_id: UUID) -> HttpResponse:
    """Ask who is on the phone, and begin a check with them."""
    customer = staff_scope.customer(customer_id, signed_in(request).scope)
    if request.method != "POST":
        return _render(request, CheckPage(customer, request.path))
    email = read(request, WhoForm).email
    try:
        check = caller_check.begin(customer.id, email, actor=acting(request), now=request.now)
    except Refusal as refusal:
        return _render(
            request, CheckPage(customer, request.path, email, wrong=wrong(refusal, WhoForm))
        )
    return see_other(f"{request.path}{check}/")


@needs(RIGHT)
@both
def running(request: Request, customer_id: UUID, check_id: UUID) -> HttpResponse:
    """Show staff's code, and take the one that the person reads out."""
    customer, found = staff_scope.customer(customer_id, signed_in(request).scope), NOTHING
    if request.method == "POST":
        heard = read(request, HeardForm).code
        try:
            caller_check.answer_as_staff(check_id, heard, actor=acting(request), now=request.now)
        except Refusal as refusal:
            found = wrong(refusal, HeardForm)
        else:
            return see_other(request.path)
    check = caller_check.of_staff(
        check_id, customer_id=customer.id, staff_id=signed_in(request).id, now=request.now
    )
    page = CheckPage(customer, request.path, check=check, over=check is None, wrong=found)
    return _render(request, page)


def _render(request: Request, page: CheckPage) -> HttpResponse:
    return render(request, "provider/caller_check.html", page, wrong=page.wrong)
