"""What stands behind a tab of the demonstration: a page that says what would be there, and what it would be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import Http404
from django.views.decorators.http import require_safe

from doorward.customers.cached import tab_links
from doorward.demo.data.applications import BILLING, REPORTS
from doorward.gate.assurance import assurance_of
from doorward.gate.requirement import Need
from doorward.web.http.needs import needs
from doorward.web.http.pages import render
from doorward.web.http.requests import session_of
from doorward.web.provider.application_try import ACR

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class BehindPage:
    """A tab, and who came. `acr`: how they signed in, in words; empty: the tab is a link, and is told nothing."""

    title: str
    description: str
    by_proxy: bool
    acr: str
    name: str
    email: str
    customer: str


@needs(Need.THROUGH)
@require_safe
def show(request: Request, key: str) -> HttpResponse:
    """Show what would be behind a tab, to whoever has the right to it."""
    auth = session_of(request)
    link = next((one for one in tab_links() if one.key == key), None)
    if not settings.DOORWARD.demo or link is None or key not in auth.person.tab_keys:
        raise Http404
    told = key in {BILLING, REPORTS}
    page = BehindPage(
        title=link.title,
        description=link.description,
        by_proxy=key == REPORTS,
        acr=str(ACR[assurance_of(auth.facts)]) if told else "",
        name=auth.person.full_name,
        email=auth.person.email,
        customer=auth.person.customer_name,
    )
    return render(request, "demo_behind/behind.html", page)
