"""A customer's end, and what staff note down: deleting it for good, keeping it after all, notes, its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorward.customers import deletion, notes, staff_scope
from doorward.customers.tabs import CUSTOMERS
from doorward.gate.requirement import Need
from doorward.kernel.errors import AlreadyRemoved, Refusal
from doorward.permissions.actions import Action
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit.forms import blank, read, say_refused, wrong
from doorward.web.kit.history import history_page
from doorward.web.kit.removed_before import say_removed
from doorward.web.provider import account_history
from doorward.web.provider.customer_page import Forms, customer_page
from doorward.web.provider.forms import DeleteForm, NoteForm
from doorward.web.provider.life_page import delete_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.customers.models import Customer
    from doorward.web.http.requests import Request
    from doorward.web.kit.history import HistoryPage

RIGHT = Need.right(CUSTOMERS)


@dataclass(frozen=True, slots=True)
class AccountHistory:
    """What happened to the account: not what its people do."""

    customer: Customer
    history: HistoryPage


@needs(RIGHT, post=Need.of(Action.DELETE_CUSTOMER))
@both
def delete(request: Request, customer_id: UUID) -> HttpResponse:
    """Say what deleting a customer for good means, and have it deleted when its name was typed."""
    customer = staff_scope.customer(customer_id, signed_in(request).scope)
    if request.method != "POST":
        page = delete_page(customer, blank(DeleteForm), now=request.now)
        return render(request, "provider/customer_delete.html", page)
    form = read(request, DeleteForm)
    try:
        deletion.ask(customer_id, typed=form.typed, actor=acting(request), now=request.now)
    except Refusal as refusal:
        page = delete_page(customer, form, wrong(refusal, DeleteForm), now=request.now)
        return render(request, "provider/customer_delete.html", page, wrong=page.wrong)
    text = _("%(name)s will be deleted for good. Until then you can take it back here.")
    messages.success(request, text % {"name": customer.name})
    return see_other(f"/customers/{customer_id}/")


@needs(Need.of(Action.UNDELETE_CUSTOMER))
@require_POST
def undelete(request: Request, customer_id: UUID) -> HttpResponse:
    """Keep a customer that is to be deleted."""
    try:
        deletion.take_back(customer_id, actor=acting(request))
    except Refusal as refusal:
        say_refused(request, refusal)
    else:
        messages.success(request, _("It is no longer to be deleted. The customer stays closed."))
    return see_other(f"/customers/{customer_id}/")


@needs(RIGHT, post=Need.of(Action.WRITE_NOTE))
@both
def add_note(request: Request, customer_id: UUID) -> HttpResponse:
    """Write down a note about a customer."""
    customer, here = (
        staff_scope.customer(customer_id, signed_in(request).scope),
        f"/customers/{customer_id}/#notes",
    )
    if request.method != "POST":
        return see_other(here)
    form = read(request, NoteForm)
    try:
        notes.add(customer_id, form.text, actor=acting(request), now=request.now)
    except Refusal as refusal:
        forms = Forms(note=form, wrong_note=wrong(refusal, NoteForm))
        page = customer_page(customer, forms, now=request.now, me=signed_in(request))
        return render(request, "provider/customer.html", page, wrong=forms.wrong_note)
    messages.success(request, _("The note was added."))
    return see_other(here)


@needs(Need.of(Action.WRITE_NOTE))
@require_POST
def remove_note(request: Request, customer_id: UUID, note_id: UUID) -> HttpResponse:
    """Remove a note of one's own."""
    try:
        notes.remove(customer_id, note_id, actor=acting(request))
    except AlreadyRemoved:
        return say_removed(request, f"/customers/{customer_id}/#notes")
    messages.success(request, _("The note was removed."))
    return see_other(f"/customers/{customer_id}/#notes")


@needs(RIGHT)
@require_safe
def history(request: Request, customer_id: UUID) -> HttpResponse:
    """Show what happened to a customer's account; what its people do is theirs to see."""
    customer = staff_scope.customer(customer_id, signed_in(request).scope)
    found = account_history.events_of(customer_id)
    page = AccountHistory(customer, history_page(found, request=request))
    return render(request, "provider/customer_history.html", page)
