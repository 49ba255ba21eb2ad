"""Account: who the customer is, and what it asks of its people."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from doorward.credentials.trusted_browsers import policy_change
from doorward.customers import services
from doorward.customers.tabs import ACCOUNT
from doorward.directory import standing
from doorward.gate.requirement import Need
from doorward.kernel.errors import NotFound, Refusal
from doorward.permissions.actions import Action
from doorward.policy.versions import policy_of_customer
from doorward.web.account.pages import about_policy, account_page
from doorward.web.http.errors import error_page
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.posted import field
from doorward.web.http.requests import acting, session_of, signed_in
from doorward.web.kit import policy_form
from doorward.web.kit.policy_versions import planned_version, state_of
from doorward.web.kit.refusals import sentence

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
    state = state_of(owner, customer.policy, now=request.now)
    planned = planned_version(owner, request.GET.get("version", ""), now=request.now)
    form, status = policy_form.shown(state, planned), 200
    if request.method == "POST":
        about = about_policy(customer, is_staff=me.is_staff, now=request.now)
        form = policy_form.typed(request, about, before=state.values)
        try:
            wanted = policy_form.read(form, about, before=state.values)
            policy_change.save(owner, wanted, actor=acting(request), now=request.now)
        except Refusal as refusal:
            form, status = form.refused(refusal), 422
        else:
            messages.success(request, _("Saved."))
            return see_other(request.path)
    auth = session_of(request)
    people = standing.count(customer.id, auth.facts.policy).people or standing.People(0, 0, 0)
    page = account_page(customer, people, auth, form, now=request.now)
    return render(request, "account/account.html", page, status=status)


@needs(Need.of(Action.CHANGE_POLICY))
@require_POST
def withdraw(request: Request) -> HttpResponse:
    """Take back a version of the policy that is planned."""
    owner = policy_of_customer(signed_in(request).customer_id)
    try:
        version_id = UUID(field(request, "version"))
        policy_change.withdraw(version_id, owner, actor=acting(request), now=request.now)
    except (NotFound, ValueError) as error:
        raise Http404 from error
    except Refusal as refusal:
        messages.error(request, sentence(refusal))
    else:
        messages.success(request, _("The planned version was taken back."))
    return see_other("/account/")
