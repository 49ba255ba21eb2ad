"""The Customers tab: the companies that use this portal, and who looks after them there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doorward.accounts import invitations
from doorward.accounts import services as people
from doorward.accounts.closing import change_customer
from doorward.accounts.errors import WrongStatus
from doorward.credentials.trusted_browsers.policy_change import change_policy
from doorward.customers import brands, services
from doorward.customers.models import Customer, CustomerStatus
from doorward.customers.tabs import CUSTOMERS, built_in
from doorward.gate.requirement import Need
from doorward.kernel.errors import ConfirmationMissing, FieldsRefused, NotFound, Refusal
from doorward.permissions.actions import Action
from doorward.policy import change
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.posted import ticked
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit import factor_rules
from doorward.web.kit.likeness import say_domain
from doorward.web.kit.refusals import sentence
from doorward.web.provider import forms
from doorward.web.provider.customer_list import list_page
from doorward.web.provider.customer_page import (
    INVITE,
    NEW,
    RULES,
    TEXTS,
    TICKS,
    add_page,
    customer_page,
    question_for,
    typed_of,
)
from doorward.web.provider.keepers import has_primary, keeper

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request
    from doorward.web.provider.forms import Typed

RIGHT = Need.right(CUSTOMERS)
both = require_http_methods(["GET", "HEAD", "POST"])


@needs(RIGHT)
@require_safe
def list_(request: Request) -> HttpResponse:
    """Show all customers."""
    return render(request, "provider/customers.html", list_page(request))


@needs(RIGHT, post=Need.of(Action.ADD_CUSTOMER))
@both
def add(request: Request) -> HttpResponse:
    """Add a customer, then go on to its page, where its first administrator is invited."""
    if request.method != "POST":
        return render(request, "provider/customer_add.html", add_page(forms.Typed()))
    typed = forms.read(request, NEW)
    try:
        brand = brands.get(_id(typed.texts["brand"]))
        customer = services.add(
            name=typed.texts["name"], brand=brand, actor=acting(request), now=request.now
        )
    except Refusal as refusal:
        place = "brand" if isinstance(refusal, NotFound) else "name"
        page = add_page(typed.refused(refusal, place=place))
        return render(request, "provider/customer_add.html", page, status=422)
    text = _("%(name)s was added. Now invite somebody who will look after it.")
    messages.success(request, text % {"name": customer.name})
    return see_other(f"/customers/{customer.id}/")


@needs(RIGHT, post=Need.of(Action.CHANGE_CUSTOMER))
@both
def edit(request: Request, customer_id: UUID) -> HttpResponse:
    """Show a customer and change it: all that was sent, or nothing."""
    customer = _find(customer_id)
    if request.method != "POST":
        return _show(request, customer, typed_of(customer))
    typed = forms.read(request, TEXTS, TICKS)
    try:
        wanted = _wanted(request, typed)
        change_customer(customer.id, wanted, actor=acting(request), now=request.now)
    except ConfirmationMissing:
        question = question_for(customer, CustomerStatus(typed.texts["status"]))
        page = customer_page(customer, typed, question=question)
        return render(request, "provider/customer.html", page, status=422)
    except Refusal as refusal:
        place = {NotFound: "brand", WrongStatus: "status"}.get(type(refusal), "name")
        return _show(request, customer, typed.refused(refusal, place=place), status=422)
    messages.success(request, _("Saved."))
    return see_other(f"/customers/{customer.id}/")


@needs(Need.of(Action.CHANGE_POLICY, behalf=True))
@both
def change_rules(request: Request, customer_id: UUID) -> HttpResponse:
    """Change what a customer's policy says of factors; its own administrators are told, and may do so too."""
    customer = _find(customer_id)
    if request.method != "POST":
        return see_other(f"/customers/{customer.id}/")
    typed = forms.read(request, RULES)
    try:
        kinds, days = factor_rules.read(typed.texts["kinds"], typed.texts["trust_days"], customer)
    except FieldsRefused as refusal:
        refused = typed.refused(refusal, place="kinds")
        page = customer_page(customer, typed_of(customer), rules=refused)
        return render(request, "provider/customer.html", page, status=422)
    wanted = change.PolicyChange(kinds=kinds, trust_days=days)
    change_policy(customer, wanted, actor=acting(request), now=request.now)
    messages.success(request, _("Saved."))
    return see_other(f"/customers/{customer.id}/")


@needs(Need.of(Action.ADD_PERSON, behalf=True))
@both
def invite(request: Request, customer_id: UUID) -> HttpResponse:
    """Invite somebody to a customer, with all built-in tabs: they invite everybody else."""
    customer = _find(customer_id)
    if request.method != "POST":
        return see_other(f"/customers/{customer.id}/")
    typed = forms.read(request, INVITE, optional=("language",))
    try:
        person, _link = people.add(
            _somebody(request, typed, customer),
            customer=customer,
            actor=acting(request),
            now=request.now,
        )
    except Refusal as refusal:
        refused = typed.refused(refusal, place="first_name")
        page = customer_page(customer, typed_of(customer), invite=refused)
        return render(request, "provider/customer.html", page, status=422)
    text = _("%(name)s is invited. The mail is on its way to %(email)s.")
    messages.success(request, text % {"name": person.full_name, "email": person.email})
    say_domain(request, person.email, customer_id=customer.id, besides=person.id)
    return see_other(f"/customers/{customer.id}/")


def _show(request: Request, customer: Customer, typed: Typed, *, status: int = 200) -> HttpResponse:
    page = customer_page(customer, typed)
    return render(request, "provider/customer.html", page, status=status)


def _find(customer_id: UUID) -> Customer:
    try:
        return services.get(customer_id)
    except Customer.DoesNotExist as error:
        raise Http404 from error


def _wanted(request: Request, typed: Typed) -> services.CustomerChange:
    if typed.texts["status"] not in CustomerStatus:
        raise WrongStatus
    return services.CustomerChange(
        name=typed.texts["name"],
        brand_id=_id(typed.texts["brand"]),
        status=CustomerStatus(typed.texts["status"]),
        floor_require_2fa=typed.ticks["floor_require_2fa"],
        confirmed=ticked(request, "confirm"),
    )


@needs(Need.of(Action.RESEND_INVITATION, behalf=True))
@require_POST
def resend_invitation(request: Request, customer_id: UUID, person_id: UUID) -> HttpResponse:
    """Mail a new invitation to somebody who looks after a customer; the older links stop working."""
    customer = _find(customer_id)
    person = keeper(customer, person_id)
    if person is None:
        raise Http404
    try:
        invitations.resend(person, actor=acting(request), now=request.now)
    except Refusal as refusal:
        messages.error(request, sentence(refusal))
        return see_other(f"/customers/{customer.id}/")
    text = _("A new invitation is on its way to %(email)s. Earlier ones no longer work.")
    messages.success(request, text % {"email": person.email})
    return see_other(f"/customers/{customer.id}/")


def _somebody(request: Request, typed: Typed, customer: Customer) -> people.NewAdministrator:
    return people.NewAdministrator(
        email=typed.texts["email"],
        details=people.Details(
            first_name=typed.texts["first_name"], last_name=typed.texts["last_name"]
        ),
        tabs=frozenset(built_in(customer)),
        is_primary=not has_primary(customer),
        language=typed.texts["language"] or get_language() or "",
        time_zone=signed_in(request).time_zone,
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error
