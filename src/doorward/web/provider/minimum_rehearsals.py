"""Rehearsing the provider's minimum for a customer or a brand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from doorward.gate.requirement import Need
from doorward.permissions.actions import Action
from doorward.policy import versions
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import see_other
from doorward.web.kit import policy_saving, rehearsals
from doorward.web.kit.policy_form import Typed
from doorward.web.kit.rehearsal_page import Room
from doorward.web.provider.minimums import Shown, of_brand_id, of_customer_id, page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.web.http.requests import Request


@needs(Need.of(Action.REHEARSE_MINIMUM))
@both
def rehearse_of_customer(request: Request, customer_id: UUID) -> HttpResponse:
    """Rehearse what the form says of a customer's minimum."""
    return _rehearse(request, of_customer_id(request, customer_id))


@needs(Need.of(Action.REHEARSE_BRAND))
@both
def rehearse_of_brand(request: Request, brand_id: UUID) -> HttpResponse:
    """Rehearse what the form says of a brand's minimum."""
    return _rehearse(request, of_brand_id(request, brand_id))


@needs(Need.of(Action.REHEARSE_MINIMUM), post=Need.of(Action.CHANGE_MINIMUM))
@both
def of_customer(request: Request, customer_id: UUID, rehearsal_id: UUID) -> HttpResponse:
    """Show what it would do to each of the customer's people; a POST saves it."""
    shown = of_customer_id(request, customer_id)
    kept = rehearsals.find(request, rehearsal_id, versions.minimum_of_customer(customer_id))
    return rehearsals.show(request, kept, _room(shown))


@needs(Need.of(Action.REHEARSE_BRAND), post=Need.of(Action.CHANGE_BRAND))
@both
def of_brand(request: Request, brand_id: UUID, rehearsal_id: UUID) -> HttpResponse:
    """Show what it would do at each of the brand's customers, in numbers; a POST saves it."""
    shown = of_brand_id(request, brand_id)
    kept = rehearsals.find(request, rehearsal_id, versions.minimum_of_brand(brand_id))
    return rehearsals.show(request, kept, _room(shown))


def _rehearse(request: Request, shown: Shown) -> HttpResponse:
    if request.method != "POST":
        return see_other(shown.path)
    found = policy_saving.rehearse(
        request, shown.owner, shown.row.minimum, shown.about, _room(shown)
    )
    return page(request, shown, found) if isinstance(found, Typed) else found


def _room(shown: Shown) -> Room:
    room = _("Brands") if shown.of_brand else _("Customers")
    links = (
        (room, "/brands/" if shown.of_brand else "/customers/"),
        (shown.row.name, shown.back),
        (_("Minimum"), shown.path),
    )
    return Room(f"{shown.path}rehearsal/", shown.path, links, exports=False)
