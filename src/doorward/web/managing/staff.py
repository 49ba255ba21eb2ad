"""Staff in a customer's portal: leaving it, asking to change something, and what is said when it is over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorward.gate.requirement import Need
from doorward.kernel.errors import NotFound, Refusal
from doorward.managing import ask, queries, session
from doorward.permissions.actions import Action, Managed
from doorward.web.http.gate import go_on
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, session_of
from doorward.web.kit.forms import say_refused

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.managing.models import Managing
    from doorward.web.http.requests import Request

ASK = replace(Need.of(Action.MANAGE_CUSTOMER), managed=Managed.OWN)


@dataclass(frozen=True, slots=True)
class OverPage:
    """The portal that this session was in, and is no longer."""

    managing: Managing


@needs(Need.OWN)
@require_safe
def over(request: Request) -> HttpResponse:
    """Say that it is over: no page of that portal is answered any more, nor one of the own before this was seen."""
    managing_id = session_of(request).browser.managing_id
    if managing_id is None:
        return see_other("/")
    return render(request, "managing/ended.html", OverPage(queries.by_id(managing_id)))


@needs(Need.OWN)
@require_POST
def leave(request: Request) -> HttpResponse:
    """Go back to the own portal."""
    browser = session_of(request).browser
    if browser.managing_id is None:
        return see_other("/")
    managing = queries.by_id(browser.managing_id)
    try:
        started = session.leave(browser=browser, actor=acting(request), now=request.now)
    except NotFound:
        return see_other("/")
    request.other_portal = True
    messages.success(request, _("You are back in your own portal."))
    return go_on(started.token, f"/customers/{managing.customer_id}/manage/")


@needs(ASK)
@require_POST
def ask_for_changes(request: Request) -> HttpResponse:
    """Ask to change something in the portal, too."""
    managing_id = session_of(request).browser.managing_id
    if managing_id is None:
        raise NotFound
    customer_id, actor = queries.by_id(managing_id).customer_id, acting(request)
    try:
        asked = ask.ask_for_changes(
            managing_id, customer_id=customer_id, actor=actor, now=request.now
        )
    except Refusal as refusal:
        say_refused(request, refusal)
    else:
        allowed = _("You can change something now, too.")
        waits = _("You have asked. Somebody with the Administrators tab has to agree.")
        messages.success(request, allowed if asked.changes else waits)
    return see_other("/administrators/")
