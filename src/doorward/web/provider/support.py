"""Support helps somebody of a customer who has lost their devices: it asks, and somebody there agrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _

from doorward.accounts import services as accounts
from doorward.accounts.models import Administrator, Status
from doorward.accounts.phones import readable_phone
from doorward.customers import staff_scope
from doorward.customers.tabs import CUSTOMERS
from doorward.gate.requirement import Need
from doorward.kernel.errors import NotFound, Refusal
from doorward.kernel.refusals import sentence
from doorward.kernel.text.cleaning import fold_email
from doorward.permissions.actions import Action
from doorward.recovery import queries, support
from doorward.recovery.errors import NobodyToHelp
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit.forms import NOTHING, Wrong, read, wrong
from doorward.web.kit.removed_before import back_if_removed

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.customers.models import Customer
    from doorward.recovery.queries import Listed
    from doorward.web.http.requests import Request

RIGHT = Need.right(CUSTOMERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoForm:
    """Who has lost their devices."""

    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HowForm:
    """How it was made sure that it is them."""

    how: str


@dataclass(frozen=True, slots=True)
class WhoPage:
    """Who is to be helped, and what was asked for here before."""

    customer: Customer
    requests: list[Listed]
    email: str = ""
    wrong: Wrong = NOTHING


@dataclass(frozen=True, slots=True)
class AskPage:
    """Somebody is to be helped. `impossible`: why it cannot be done; `waits`: nobody is left who could agree."""

    customer: Customer
    person: Administrator
    phone: str
    waits: bool
    impossible: str = ""
    how: str = ""
    wrong: Wrong = NOTHING


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One request, as support sees it."""

    customer: Customer
    listed: Listed
    wrong: Wrong = NOTHING


@needs(RIGHT)
@both
def find(request: Request, customer_id: UUID) -> HttpResponse:
    """Ask whose devices are lost, and list what was asked for here before."""
    customer = staff_scope.customer(customer_id, signed_in(request).scope)
    me = signed_in(request)
    before = queries.of_support(customer.id, me=me.id, now=request.now)
    if request.method != "POST":
        return render(request, "provider/support.html", WhoPage(customer, before))
    email = read(request, WhoForm).email
    people = Administrator.objects.of(customer.id).filter(status=Status.ACTIVE)
    folded = fold_email(email.replace("\0", ""))[:320]
    person_id = people.filter(email_folded=folded).values_list("id", flat=True).first()
    if person_id is None:
        page = WhoPage(customer, before, email, wrong(NobodyToHelp(), WhoForm))
        return render(request, "provider/support.html", page, wrong=page.wrong)
    return see_other(f"{request.path}{person_id}/")


@needs(RIGHT, post=Need.of(Action.ASK_AS_SUPPORT))
@both
@back_if_removed("/customers/{customer_id}/help/")
def ask(request: Request, customer_id: UUID, person_id: UUID) -> HttpResponse:
    """Say what to check and what comes of it, and ask how it was made sure."""
    customer = staff_scope.customer(customer_id, signed_in(request).scope)
    person = accounts.find(person_id, customer_id=customer.id)
    if request.method != "POST":
        return render(request, "provider/support_ask.html", _ask_page(request, customer, person))
    how = read(request, HowForm).how
    try:
        made = support.ask(
            person_id, how=how, customer_id=customer.id, actor=acting(request), now=request.now
        )
    except Refusal as refusal:
        found = wrong(refusal, HowForm)
        page = _ask_page(request, customer, person, how=how, found=found)
        return render(request, "provider/support_ask.html", page, wrong=found)
    messages.success(request, _("Your request is open. Everybody whom it concerns is told."))
    return see_other(f"/customers/{customer.id}/requests/{made.id}/")


@needs(RIGHT, post=Need.of(Action.ASK_AS_SUPPORT))
@both
@back_if_removed("/customers/{customer_id}/help/")
def show(request: Request, customer_id: UUID, request_id: UUID) -> HttpResponse:
    """Show what became of a request; take it back."""
    customer, found = staff_scope.customer(customer_id, signed_in(request).scope), NOTHING
    if request.method == "POST":
        try:
            support.take_back(
                request_id, customer_id=customer.id, actor=acting(request), now=request.now
            )
        except Refusal as refusal:
            found = wrong(refusal)
        else:
            messages.success(request, _("The request is taken back."))
            return see_other(request.path)
    me = signed_in(request).id
    listed = queries.find(request_id, customer_id=customer.id, me=me, now=request.now)
    if listed is None or not listed.by_support:
        raise NotFound
    page = RequestPage(customer, listed, found)
    return render(request, "provider/support_request.html", page, wrong=found)


def _ask_page(
    request: Request,
    customer: Customer,
    person: Administrator,
    *,
    how: str = "",
    found: Wrong = NOTHING,
) -> AskPage:
    refused = support.why_not(person, actor=acting(request), now=request.now)
    return AskPage(
        customer,
        person,
        readable_phone(person.phone),
        waits=not support.who_could_agree(person, signed_in(request).id, now=request.now),
        impossible="" if refused is None else sentence(refused),
        how=how,
        wrong=found,
    )
