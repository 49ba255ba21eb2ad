"""The provider's minimum for a customer or a brand: what its people are asked at least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from doorward.customers import staff_scope
from doorward.customers.models import Brand, Customer, CustomerKind
from doorward.customers.tab_audience import not_for, not_for_any_of
from doorward.customers.tabs import BRANDS, CUSTOMERS
from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.permissions.actions import Action
from doorward.policy import versions
from doorward.policy.fields import RequiredOf
from doorward.rollout import waiting_waves
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit import policy_form, policy_saving
from doorward.web.kit.forms import say_refused
from doorward.web.kit.policy_form import About
from doorward.web.kit.policy_versions import VersionLine, version_lines

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.policy.models import WavePause
    from doorward.policy.versions import Owner
    from doorward.web.http.requests import Request
    from doorward.web.kit.policy_form import PolicyForm, Typed


@dataclass(frozen=True, slots=True)
class MinimumPage:
    """The page. `back`: the page of the customer or the brand, `path` its own address."""

    name: str
    of_brand: bool
    back: str
    path: str
    form: PolicyForm
    versions: tuple[VersionLine, ...]
    pause: WavePause | None


@dataclass(frozen=True, slots=True)
class Shown:
    """Whose minimum is shown: the row of customer or brand, and its page."""

    row: Customer | Brand
    owner: Owner
    back: str

    @property
    def of_brand(self) -> bool:
        """Whether it is a brand's."""
        return isinstance(self.row, Brand)

    @property
    def path(self) -> str:
        """The address of the page."""
        return f"{self.back}minimum/"

    @property
    def about(self) -> About:
        """What the form has to know."""
        of_staff = isinstance(self.row, Customer) and self.row.kind == CustomerKind.PROVIDER
        return About(
            of_staff=of_staff,
            left_out=RequiredOf.TICKED,
            minimum=versions.OF_STAFF if of_staff else None,
            holder=self.row.name,
            without=self._not_theirs(),
        )

    def _not_theirs(self) -> frozenset[str]:
        """Return the provider's own tabs that nobody of these can have."""
        if isinstance(self.row, Brand):
            return not_for_any_of(self.row)
        return not_for(self.row)


def of_customer_id(request: Request, customer_id: UUID) -> Shown:
    """Return whose it is. Raises `NotFound`."""
    row = staff_scope.customer(customer_id, signed_in(request).scope)
    return Shown(row, versions.minimum_of_customer(row.id), f"/customers/{row.id}/")


def of_brand_id(request: Request, brand_id: UUID) -> Shown:
    """Return whose it is. Raises `NotFound`."""
    row = staff_scope.brand(brand_id, signed_in(request).scope)
    return Shown(row, versions.minimum_of_brand(row.id), f"/brands/{row.id}/")


@needs(Need.right(CUSTOMERS), post=Need.of(Action.CHANGE_MINIMUM))
@both
def of_customer(request: Request, customer_id: UUID) -> HttpResponse:
    """Show and change what a customer's people are asked at least."""
    return _show(request, of_customer_id(request, customer_id))


@needs(Need.right(BRANDS), post=Need.of(Action.CHANGE_BRAND))
@both
def of_brand(request: Request, brand_id: UUID) -> HttpResponse:
    """Show and change what the people of all customers of a brand are asked at least."""
    return _show(request, of_brand_id(request, brand_id))


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


@needs(Need.of(Action.CHANGE_MINIMUM))
@require_POST
def go_on_of_customer(request: Request, customer_id: UUID) -> HttpResponse:
    """Let the wave of a customer's minimum come that waits."""
    return _go_on(request, of_customer_id(request, customer_id))


@needs(Need.of(Action.CHANGE_BRAND))
@require_POST
def go_on_of_brand(request: Request, brand_id: UUID) -> HttpResponse:
    """Let the wave of a brand's minimum come that waits."""
    return _go_on(request, of_brand_id(request, brand_id))


def _go_on(request: Request, shown: Shown) -> HttpResponse:
    try:
        waiting_waves.resume(shown.owner, actor=acting(request), now=request.now)
    except Refusal as refusal:
        say_refused(request, refusal)
    else:
        messages.success(request, _("The next wave goes on, with the time that was left to it."))
    return see_other(shown.path)


def _show(request: Request, shown: Shown) -> HttpResponse:
    form = policy_saving.save(request, shown.owner, shown.row.minimum, shown.about)
    return see_other(request.path) if form is None else page(request, shown, form)


def page(request: Request, shown: Shown, form: Typed) -> HttpResponse:
    """Return the page with the form as it is stored, or as it was typed."""
    made = MinimumPage(
        name=shown.row.name,
        of_brand=shown.of_brand,
        back=shown.back,
        path=shown.path,
        form=policy_form.policy_form(form, shown.about),
        versions=version_lines(shown.owner, now=request.now),
        pause=waiting_waves.waiting(shown.owner, text=shown.row.minimum, now=request.now),
    )
    return render(request, "provider/minimum.html", made, status=422 if form.errors else 200)
