"""'Sign in to go on to Billing': what somebody is on the way to, while a step of signing in is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.applications import destination
from doorward.customers.tab_audience import is_for, is_for_all_of
from doorward.customers.tab_titles import title_of
from doorward.kernel.text.cleaning import safe_next
from doorward.web.http.needs import declared

if TYPE_CHECKING:
    from doorward.customers.models import Tab
    from doorward.web.http.requests import Request


def destination_of(request: Request) -> str:
    """Return the name of the application or site that somebody goes on to from this page; empty: to a page of ours.

    Before they are through, a tab that is not for all of this brand's people is told by its host name, which whoever
    made the request knows already.
    """
    match = request.resolver_match
    declaration = declared(match.func) if match is not None else None
    if declaration is None or declaration.step is None:
        return ""
    found = destination.of(_onward(request), now=request.now)
    if found is None:
        return ""
    return title_of(found.tab.key) if _is_theirs(request, found.tab) else found.host


def _onward(request: Request) -> str:
    """Return where this page leads on to."""
    asked = request.GET.get("next") or request.POST.get("next")
    if asked or request.administrator is not None or request.auth is None:
        return safe_next(asked) or ""
    return request.auth.browser.next_path


def _is_theirs(request: Request, tab: Tab) -> bool:
    person = request.administrator
    if person is None:
        return is_for_all_of(tab, request.brand.id)
    return is_for(tab, person.brand_id, person.customer_id)
