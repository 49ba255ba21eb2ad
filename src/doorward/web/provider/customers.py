"""The Customers tab: the companies that use this portal, and who looks after them there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorward.accounts import invitations, second_press
from doorward.credentials.passkeys.other_host import change_customer
from doorward.customers import services, staff_scope
from doorward.customers.errors import NameNotTyped
from doorward.customers.tabs import CUSTOMERS
from doorward.gate.requirement import Need
from doorward.kernel.errors import ChoiceInvalid, ConfirmationMissing, NotFound, Refusal
from doorward.permissions.actions import Action
from doorward.permissions.staff_scope import Reach
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit.forms import NOTHING, blank, read, say_refused, wrong
from doorward.web.kit.likeness import say_domain
from doorward.web.kit.removed_before import back_if_removed
from doorward.web.provider.customer_list import list_page
from doorward.web.provider.customer_page import (
    AddPage,
    Forms,
    customer_page,
    default_brand,
)
from doorward.web.provider.forms import CustomerForm, InviteForm, NewCustomerForm
from doorward.web.provider.life_page import question_for
from doorward.web.provider.who_looks_after import has_primary, keeper

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.customers.models import Brand, Customer
    from doorward.permissions.staff_scope import Scope
    from doorward.web.http.requests import Request
    from doorward.web.provider.life_page import Question

RIGHT = Need.right(CUSTOMERS)


@needs(RIGHT)
@require_safe
def list_(request: Request) -> HttpResponse:
    """Show the customers that one is there for."""
    return render(request, "provider/customers.html", list_page(request))


# Whatever who sees some customers by name added, they would not see.
@needs(Need.right(CUSTOMERS, reach=Reach.BRANDS), post=Need.of(Action.ADD_CUSTOMER))
@both
def add(request: Request) -> HttpResponse:
    """Add a customer, then go on to its page, where its first administrator is invited."""
    scope = signed_in(request).scope
    if request.method != "POST":
        form = blank(NewCustomerForm, brand=default_brand(scope))
        return render(request, "provider/customer_add.html", AddPage.of(form, scope))
    form = read(request, NewCustomerForm)
    try:
        customer = services.add(
            name=form.name, brand=_chosen(form, scope), actor=acting(request), now=request.now
        )
    except Refusal as refusal:
        page = AddPage.of(form, scope, wrong(refusal, NewCustomerForm))
        return render(request, "provider/customer_add.html", page, status=422)
    text = _("%(name)s was added. Now invite somebody who will look after it.")
    messages.success(request, text % {"name": customer.name})
    return see_other(f"/customers/{customer.id}/")


@needs(RIGHT, post=Need.of(Action.CHANGE_CUSTOMER))
@both
def edit(request: Request, customer_id: UUID) -> HttpResponse:
    """Show a customer and change it: all that was sent, or nothing."""
    if request.method != "POST":
        return _show(request, _found(request, customer_id))
    form = read(request, CustomerForm)
    try:
        change_customer(customer_id, form.change(), actor=acting(request), now=request.now)
    except (ConfirmationMissing, NameNotTyped) as refusal:
        customer = _found(request, customer_id)
        asked = isinstance(refusal, ConfirmationMissing)
        found = NOTHING if asked else wrong(refusal, CustomerForm)
        question = question_for(customer, form, found, now=request.now)
        return _show(
            request, customer, Forms(customer=form, wrong_customer=found), question=question
        )
    except Refusal as refusal:
        refused = Forms(customer=form, wrong_customer=wrong(refusal, CustomerForm))
        return _show(request, _found(request, customer_id), refused)
    messages.success(request, _("Saved."))
    return see_other(f"/customers/{customer_id}/")


@needs(Need.of(Action.ADD_PERSON, behalf=True))
@both
def invite(request: Request, customer_id: UUID) -> HttpResponse:
    """Invite somebody to a customer, with all built-in tabs: they invite everybody else."""
    customer = _found(request, customer_id)
    if request.method != "POST":
        return see_other(f"/customers/{customer.id}/")
    form, primary = read(request, InviteForm), not has_primary(customer)
    try:
        person = second_press.add_once(
            form.somebody(customer, is_primary=primary, me=signed_in(request)),
            customer=customer,
            actor=acting(request),
            now=request.now,
        )
    except Refusal as refusal:
        refused = Forms(invite=form, wrong_invite=wrong(refusal, InviteForm))
        return _show(request, customer, refused)
    text = _("%(name)s is invited. The mail is on its way to %(email)s.")
    messages.success(request, text % {"name": person.full_name, "email": person.email})
    say_domain(request, person.email, customer_id=customer.id, besides=person.id)
    return see_other(f"/customers/{customer.id}/")


@needs(Need.of(Action.RESEND_INVITATION, behalf=True))
@require_POST
@back_if_removed("/customers/{customer_id}/")
def resend_invitation(request: Request, customer_id: UUID, person_id: UUID) -> HttpResponse:
    """Mail a new invitation to somebody who looks after a customer; the older links stop working."""
    customer = _found(request, customer_id)
    person = keeper(customer, person_id)
    try:
        invitations.resend(person, actor=acting(request), now=request.now)
    except Refusal as refusal:
        say_refused(request, refusal)
        return see_other(f"/customers/{customer.id}/")
    text = _("A new invitation is on its way to %(email)s. Earlier ones no longer work.")
    messages.success(request, text % {"email": person.email})
    return see_other(f"/customers/{customer.id}/")


def _show(
    request: Request,
    customer: Customer,
    forms: Forms | None = None,
    *,
    question: Question | None = None,
) -> HttpResponse:
    """Show a customer, with the forms as they came where one was not accepted."""
    me = signed_in(request)
    page = customer_page(customer, forms or Forms(), me=me, now=request.now, question=question)
    return render(request, "provider/customer.html", page, status=422 if forms else 200)


def _found(request: Request, customer_id: UUID) -> Customer:
    return staff_scope.customer(customer_id, signed_in(request).scope)


def _chosen(form: NewCustomerForm, scope: Scope) -> Brand:
    try:
        return staff_scope.brand(form.brand_id, scope)
    except NotFound as error:
        raise ChoiceInvalid(field="brand") from error
