"""The provider's minimum for a customer or a brand: what its people are asked at least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from doorward.credentials.trusted_browsers import policy_change
from doorward.customers.models import Brand, Customer, CustomerKind
from doorward.customers.tabs import BRANDS, CUSTOMERS
from doorward.gate.requirement import Need
from doorward.kernel.errors import NotFound, Refusal
from doorward.permissions.actions import Action
from doorward.policy import versions
from doorward.policy.fields import RequiredOf
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.posted import field
from doorward.web.http.requests import acting
from doorward.web.kit import policy_form
from doorward.web.kit.policy_versions import VersionLine, planned_version, state_of, version_lines
from doorward.web.kit.refusals import sentence

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.policy.versions import Owner
    from doorward.web.http.requests import Request
    from doorward.web.kit.policy_form import PolicyForm

both = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class MinimumPage:
    """The page. `back`: the page of the customer or the brand, `path` its own address."""

    name: str
    of_brand: bool
    back: str
    path: str
    form: PolicyForm
    versions: tuple[VersionLine, ...]


@needs(Need.right(CUSTOMERS), post=Need.of(Action.CHANGE_MINIMUM))
@both
def of_customer(request: Request, customer_id: UUID) -> HttpResponse:
    """Show and change what a customer's people are asked at least."""
    row = Customer.objects.filter(id=customer_id).first()
    if row is None:
        raise Http404
    return _page(request, versions.minimum_of_customer(row.id), row, back=f"/customers/{row.id}/")


@needs(Need.right(BRANDS), post=Need.of(Action.CHANGE_BRAND))
@both
def of_brand(request: Request, brand_id: UUID) -> HttpResponse:
    """Show and change what the people of all customers of a brand are asked at least."""
    row = Brand.objects.defer("logo").filter(id=brand_id).first()
    if row is None:
        raise Http404
    return _page(request, versions.minimum_of_brand(row.id), row, back=f"/brands/{row.id}/")


@needs(Need.of(Action.CHANGE_MINIMUM))
@require_POST
def withdraw_of_customer(request: Request, customer_id: UUID) -> HttpResponse:
    """Take back a planned version of a customer's minimum."""
    return _withdraw(
        request, versions.minimum_of_customer(customer_id), f"/customers/{customer_id}"
    )


@needs(Need.of(Action.CHANGE_BRAND))
@require_POST
def withdraw_of_brand(request: Request, brand_id: UUID) -> HttpResponse:
    """Take back a planned version of a brand's minimum."""
    return _withdraw(request, versions.minimum_of_brand(brand_id), f"/brands/{brand_id}")


def _page(request: Request, owner: Owner, row: Customer | Brand, *, back: str) -> HttpResponse:
    state = state_of(owner, row.minimum, now=request.now)
    brand_id = row.id if isinstance(row, Brand) else row.brand_id
    of_staff = isinstance(row, Customer) and row.kind == CustomerKind.PROVIDER
    about = policy_form.About(brand_id=brand_id, of_staff=of_staff, left_out=RequiredOf.TICKED)
    planned = planned_version(owner, request.GET.get("version", ""), now=request.now)
    form, status = policy_form.shown(state, planned), 200
    if request.method == "POST":
        form = policy_form.typed(request, about, before=state.values)
        try:
            wanted = policy_form.read(form, about, before=state.values)
            policy_change.save(owner, wanted, actor=acting(request), now=request.now)
        except Refusal as refusal:
            form, status = form.refused(refusal), 422
        else:
            messages.success(request, _("Saved."))
            return see_other(request.path)
    page = MinimumPage(
        name=row.name,
        of_brand=isinstance(row, Brand),
        back=back,
        path=f"{back}minimum/",
        form=policy_form.policy_form(form, about),
        versions=version_lines(owner, now=request.now),
    )
    return render(request, "provider/minimum.html", page, status=status)


def _withdraw(request: Request, owner: Owner, path: str) -> HttpResponse:
    try:
        version_id = UUID(field(request, "version"))
        policy_change.withdraw(version_id, owner, actor=acting(request), now=request.now)
    except (NotFound, ValueError) as error:
        raise Http404 from error
    except Refusal as refusal:
        messages.error(request, sentence(refusal))
    else:
        messages.success(request, _("The planned version was taken back."))
    return see_other(f"{path}/minimum/")
