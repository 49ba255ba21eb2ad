"""The provider's minimum for a customer or a brand: what its people are asked at least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404
from django.views.decorators.http import require_http_methods, require_POST

from doorward.customers.models import Brand, Customer, CustomerKind
from doorward.customers.tabs import BRANDS, CUSTOMERS
from doorward.gate.requirement import Need
from doorward.permissions.actions import Action
from doorward.policy import versions
from doorward.policy.fields import RequiredOf
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.kit import policy_form, policy_saving
from doorward.web.kit.policy_versions import VersionLine, version_lines

if TYPE_CHECKING:
    from uuid import UUID

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
    owner = versions.minimum_of_customer(customer_id)
    return policy_saving.withdraw(request, owner, f"/customers/{customer_id}/minimum/")


@needs(Need.of(Action.CHANGE_BRAND))
@require_POST
def withdraw_of_brand(request: Request, brand_id: UUID) -> HttpResponse:
    """Take back a planned version of a brand's minimum."""
    owner = versions.minimum_of_brand(brand_id)
    return policy_saving.withdraw(request, owner, f"/brands/{brand_id}/minimum/")


def _page(request: Request, owner: Owner, row: Customer | Brand, *, back: str) -> HttpResponse:
    brand_id = row.id if isinstance(row, Brand) else row.brand_id
    of_staff = isinstance(row, Customer) and row.kind == CustomerKind.PROVIDER
    about = policy_form.About(brand_id=brand_id, of_staff=of_staff, left_out=RequiredOf.TICKED)
    form = policy_saving.save(request, owner, row.minimum, about)
    if form is None:
        return see_other(request.path)
    page = MinimumPage(
        name=row.name,
        of_brand=isinstance(row, Brand),
        back=back,
        path=f"{back}minimum/",
        form=policy_form.policy_form(form, about),
        versions=version_lines(owner, now=request.now),
    )
    return render(request, "provider/minimum.html", page, status=422 if form.errors else 200)
