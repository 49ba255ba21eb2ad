"""The page that looks at a brand's host names, and at who may send its mail.

It looks while the request waits, ten seconds at most and one brand at a time: that takes one thread of many. What was
found is kept with its time, until somebody looks again: whoever comes to mend it does not have to ask anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from doorward.customers import staff_scope
from doorward.customers.tabs import BRANDS
from doorward.gate.requirement import Need
from doorward.operations.checks.brand import kept
from doorward.operations.checks.brand.check import look
from doorward.operations.checks.brand.host_names import Doors
from doorward.permissions.actions import Action
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit.fields import line
from doorward.web.kit.forms import NOTHING, blank, read
from doorward.web.provider.forms import CheckForm

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.customers.models import Brand
    from doorward.operations.checks.brand.kept import Looked
    from doorward.operations.checks.finding import Finding
    from doorward.web.http.requests import Request
    from doorward.web.kit.fields import Field

_ORDER: Final = ("unfit", "advice", "fine")


@dataclass(frozen=True, slots=True)
class CheckPage:
    """A brand and what was found last, the worst first; `last` is None where nobody looked yet."""

    id: UUID
    name: str
    selector: Field
    last: Looked | None
    findings: tuple[Finding, ...]


@needs(Need.right(BRANDS), post=Need.of(Action.CHECK_BRAND))
@both
def page(request: Request, brand_id: UUID) -> HttpResponse:
    """Say what would be looked at, and look."""
    brand = staff_scope.brand(brand_id, signed_in(request).scope)
    if request.method != "POST":
        return _show(request, brand)
    form = read(request, CheckForm)
    look(brand.id, form.selector, actor=acting(request), doors=Doors(request.now))
    return see_other(f"/brands/{brand.id}/findings/")


def _show(request: Request, brand: Brand) -> HttpResponse:
    last = kept.last(brand)
    selector = line(
        blank(CheckForm, selector=last.selector if last else ""),
        NOTHING,
        "selector",
        _("DKIM selector, if you know it"),
        maxlength=kept.LONGEST_SELECTOR,
        spellcheck="false",
        autocapitalize="off",
        autocomplete="off",
        help=_("It stands after s= in the DKIM-Signature header of a mail that the portal sent."),
    )
    found = last.findings if last else ()
    ordered = tuple(sorted(found, key=lambda one: _ORDER.index(one.verdict)))
    shown = CheckPage(brand.id, brand.name, selector, last, ordered)
    return render(request, "provider/brand_check.html", shown)
