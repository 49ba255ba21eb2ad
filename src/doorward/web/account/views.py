"""Account: who the customer is, and what it asks of its people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from doorward.credentials.trusted_browsers.policy_change import change_policy
from doorward.customers import services
from doorward.customers.tabs import ACCOUNT
from doorward.directory import standing
from doorward.gate.requirement import Need
from doorward.kernel.errors import FieldsRefused
from doorward.permissions.actions import Action
from doorward.web.account.forms import read_policy, typed_policy
from doorward.web.account.pages import NotAccepted, account_page
from doorward.web.http.errors import error_page
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, session_of, signed_in

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.customers.models import Customer
    from doorward.web.http.requests import Request


@needs(Need.right(ACCOUNT), post=Need.of(Action.CHANGE_POLICY))
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: Request) -> HttpResponse:
    """Show the account; who looks after its people also changes its policy here."""
    me = signed_in(request)
    if ACCOUNT not in me.tab_keys:
        return error_page(request, 403)
    customer = services.get(me.customer_id)
    if request.method != "POST":
        return _account(request, customer)
    typed = typed_policy(request, customer)
    try:
        wanted = read_policy(typed, customer)
        change_policy(customer, wanted, actor=acting(request), now=request.now)
    except FieldsRefused as refusal:
        return _account(request, customer, NotAccepted(typed, refusal.fields))
    messages.success(request, _("Saved."))
    return see_other(request.path)


def _account(
    request: Request, customer: Customer, not_accepted: NotAccepted | None = None
) -> HttpResponse:
    auth = session_of(request)
    people = standing.count(customer.id, auth.facts.policy).people
    page = account_page(
        customer,
        people or standing.People(0, 0, 0),
        auth,
        now=request.now,
        not_accepted=not_accepted,
    )
    return render(request, "account/account.html", page, status=422 if not_accepted else 200)
