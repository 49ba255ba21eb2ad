"""Account: who the customer is, and what it asks of its people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorward.customers import services
from doorward.customers.tabs import ACCOUNT
from doorward.directory import counts
from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.permissions.actions import Action, Managed
from doorward.policy.versions import policy_of_customer
from doorward.rollout import waiting_waves
from doorward.web.account.pages import about_policy, account_page
from doorward.web.http.errors import error_page
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, session_of, signed_in
from doorward.web.kit import policy_saving, rehearsals
from doorward.web.kit.forms import say_refused
from doorward.web.kit.policy_form import Typed
from doorward.web.kit.rehearsal_page import Room

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from doorward.customers.models import Customer
    from doorward.web.http.requests import Request


@needs(Need.right(ACCOUNT, managed=Managed.LOOK), post=Need.of(Action.CHANGE_POLICY))
@both
def account(request: Request) -> HttpResponse:
    """Show the account; who looks after its people also changes its policy here."""
    me = signed_in(request)
    if ACCOUNT not in me.tab_keys:
        return error_page(request, 403)
    customer = services.get(me.customer_id)
    owner = policy_of_customer(customer.id)
    about = about_policy(customer, is_staff=me.is_staff, now=request.now)
    form = policy_saving.save(request, owner, customer.policy, about)
    return see_other(request.path) if form is None else _page(request, customer, form)


def _page(request: Request, customer: Customer, form: Typed) -> HttpResponse:
    auth = session_of(request)
    people = counts.count_people(customer.id, auth.facts.policy)
    page = account_page(customer, people, auth, form, now=request.now)
    return render(request, "account/account.html", page, status=422 if form.errors else 200)


@needs(Need.of(Action.REHEARSE))
@both
def rehearse(request: Request) -> HttpResponse:
    """Rehearse what the form of the policy says; the form is on Account."""
    me = signed_in(request)
    if ACCOUNT not in me.tab_keys:
        return error_page(request, 403)
    request.tab = ACCOUNT
    if request.method != "POST":
        return see_other("/account/")
    customer = services.get(me.customer_id)
    about = about_policy(customer, is_staff=me.is_staff, now=request.now)
    found = policy_saving.rehearse(
        request, policy_of_customer(customer.id), customer.policy, about, _room()
    )
    return _page(request, customer, found) if isinstance(found, Typed) else found


@needs(Need.of(Action.REHEARSE), post=Need.of(Action.CHANGE_POLICY))
@both
def rehearsal(request: Request, rehearsal_id: UUID) -> HttpResponse:
    """Show what a policy would do to each person; a POST saves it."""
    if ACCOUNT in signed_in(request).tab_keys:
        request.tab = ACCOUNT
    owner = policy_of_customer(signed_in(request).customer_id)
    return rehearsals.show(request, rehearsals.find(request, rehearsal_id, owner), _room())


@needs(Need.of(Action.EXPORT_PEOPLE))
@require_safe
def rehearsal_table(request: Request, rehearsal_id: UUID) -> HttpResponseBase:
    """Return the same as a table."""
    owner = policy_of_customer(signed_in(request).customer_id)
    return rehearsals.download(request, rehearsals.find(request, rehearsal_id, owner))


def _room() -> Room:
    return Room("/account/policy/rehearsal/", "/account/", ((_("Account"), "/account/"),))


@needs(Need.of(Action.CHANGE_POLICY))
@require_POST
def withdraw(request: Request) -> HttpResponse:
    """Take back a version of the policy that is planned."""
    owner = policy_of_customer(signed_in(request).customer_id)
    return policy_saving.withdraw(request, owner, "/account/")


@needs(Need.of(Action.GO_ON_WITH_WAVES))
@require_POST
def go_on(request: Request) -> HttpResponse:
    """Let the wave come that waits."""
    me = signed_in(request)
    try:
        waiting_waves.resume(
            policy_of_customer(me.customer_id), actor=acting(request), now=request.now
        )
    except Refusal as refusal:
        say_refused(request, refusal)
    else:
        messages.success(request, _("The next wave goes on, with the time that was left to it."))
    # Who looks after people may have no right to the page of the account.
    return see_other("/account/" if ACCOUNT in me.tab_keys else "/")
