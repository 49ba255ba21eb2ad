"""Account: who the customer is, and what it asks of its people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.views.decorators.http import require_http_methods, require_POST

from doorward.customers import services
from doorward.customers.tabs import ACCOUNT
from doorward.directory import standing
from doorward.gate.requirement import Need
from doorward.permissions.actions import Action
from doorward.policy.versions import policy_of_customer
from doorward.web.account.pages import about_policy, account_page
from doorward.web.http.errors import error_page
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import session_of, signed_in
from doorward.web.kit import policy_saving

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request


@needs(Need.right(ACCOUNT), post=Need.of(Action.CHANGE_POLICY))
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: Request) -> HttpResponse:
    """Show the account; who looks after its people also changes its policy here."""
    me = signed_in(request)
    if ACCOUNT not in me.tab_keys:
        return error_page(request, 403)
    customer = services.get(me.customer_id)
    owner = policy_of_customer(customer.id)
    about = about_policy(customer, is_staff=me.is_staff, now=request.now)
    form = policy_saving.save(request, owner, customer.policy, about)
    if form is None:
        return see_other(request.path)
    auth = session_of(request)
    people = standing.count_people(customer.id, auth.facts.policy)
    page = account_page(customer, people, auth, form, now=request.now)
    return render(request, "account/account.html", page, status=422 if form.errors else 200)


@needs(Need.of(Action.CHANGE_POLICY))
@require_POST
def withdraw(request: Request) -> HttpResponse:
    """Take back a version of the policy that is planned."""
    owner = policy_of_customer(signed_in(request).customer_id)
    return policy_saving.withdraw(request, owner, "/account/")
