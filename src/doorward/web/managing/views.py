"""The customer's side: who of the support asks to be let in, what they do, and that they are sent away at any time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorward.customers.tabs import ACCOUNT, ADMINISTRATORS
from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.managing import agree, end, queries, watching
from doorward.managing.models import State
from doorward.permissions.actions import Action
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import acting, signed_in
from doorward.web.kit.forms import NOTHING, Wrong, wrong
from doorward.web.kit.history import line_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.managing.models import Managing
    from doorward.managing.watching import Seen
    from doorward.web.http.requests import Request
    from doorward.web.kit.history import HistoryLine

RIGHT = Need.right(ADMINISTRATORS)


@dataclass(frozen=True, slots=True)
class Listed:
    """One of them, and whether there is still something to decide or to end."""

    managing: Managing
    is_open: bool


@dataclass(frozen=True, slots=True)
class ListPage:
    """All that was asked for, the newest first."""

    managings: list[Listed]
    parent: tuple[str, str]


@dataclass(frozen=True, slots=True)
class ManagingPage:
    """One of them: what is being looked at and done, as it happens. `asks`: a yes is waited for."""

    managing: Managing
    is_open: bool
    running: bool
    asks: bool
    asks_changes: bool
    seen: list[Seen]
    done: list[HistoryLine]
    parent: tuple[str, str]
    wrong: Wrong = NOTHING


@needs(RIGHT)
@require_safe
def list_(request: Request) -> HttpResponse:
    """List who asked to manage the portal, and what came of it."""
    found = queries.of_customer(signed_in(request).customer_id)
    listed = [Listed(one, end.still_open(one, now=request.now)) for one in found]
    return render(request, "managing/list.html", ListPage(listed, _parent(request)))


@needs(RIGHT)
@require_safe
def show(request: Request, managing_id: UUID) -> HttpResponse:
    """Show one of them live; scripts look again each second, without them a link does."""
    return _show(request, managing_id)


@needs(RIGHT, post=Need.of(Action.AGREE_TO_MANAGING))
@require_POST
def agree_to(request: Request, managing_id: UUID) -> HttpResponse:
    """Let staff in, or let them change something."""
    deed = partial(agree.agree, now=request.now)
    done = _("You have agreed. You can end it here at any time.")
    return _decide(request, managing_id, deed, done=done)


@needs(RIGHT, post=Need.of(Action.END_MANAGING))
@require_POST
def end_now(request: Request, managing_id: UUID) -> HttpResponse:
    """Send staff away, or refuse to let them in."""
    deed = partial(end.end, now=request.now)
    done = _("It has ended. Support can no longer see your portal.")
    return _decide(request, managing_id, deed, done=done)


@needs(RIGHT, post=Need.of(Action.END_MANAGING))
@require_POST
def no_changes(request: Request, managing_id: UUID) -> HttpResponse:
    """Let staff go on looking, and change nothing."""
    done = _("Support can look, and change nothing.")
    return _decide(request, managing_id, end.refuse_changes, done=done)


def _decide(
    request: Request, managing_id: UUID, service: Callable[..., object], *, done: str
) -> HttpResponse:
    try:
        service(managing_id, customer_id=signed_in(request).customer_id, actor=acting(request))
    except Refusal as refusal:
        return _show(request, managing_id, wrong(refusal))
    messages.success(request, done)
    return see_other(f"/managing/{managing_id}/")


def _parent(request: Request) -> tuple[str, str]:
    """Return the page above: Account, which leads here, or Administrators for whoever has no Account."""
    if ACCOUNT in signed_in(request).tab_keys:
        request.tab = ACCOUNT
        return _("Account"), reverse("account")
    return _("Administrators"), reverse("administrators")


def _show(request: Request, managing_id: UUID, found: Wrong = NOTHING) -> HttpResponse:
    managing = queries.find(managing_id, customer_id=signed_in(request).customer_id)
    is_open = end.still_open(managing, now=request.now)
    running = is_open and managing.state == State.RUNNING
    page = ManagingPage(
        managing=managing,
        is_open=is_open,
        running=running,
        asks=is_open and managing.state == State.ASKED,
        asks_changes=running and bool(managing.asks_changes_at) and not managing.changes,
        seen=watching.seen(managing),
        done=[line_of(event) for event in watching.done(managing)],
        parent=_parent(request),
        wrong=found,
    )
    return render(request, "managing/managing.html", page, wrong=found)
