"""Saving and taking back a version from a page: the same for a customer's policy and for the provider's minimums."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.utils.translation import gettext as _

from doorward.credentials.trusted_browsers import policy_change
from doorward.kernel.errors import AlreadyRemoved, MustWait, NotFound, Refusal
from doorward.rollout.rehearsal import Plan
from doorward.web.http.pages import see_other
from doorward.web.http.posted import field
from doorward.web.http.requests import acting
from doorward.web.kit import policy_form, rehearsals
from doorward.web.kit.forms import say_refused
from doorward.web.kit.policy_versions import done, planned_version, state_of
from doorward.web.kit.removed_before import say_removed

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.policy.versions import Owner
    from doorward.web.http.requests import Request
    from doorward.web.kit.policy_form import About, Typed
    from doorward.web.kit.rehearsal_page import Room


def save(request: Request, owner: Owner, text: str, about: About) -> Typed | None:
    """Save what was posted, or return the form to be shown; None: it was saved. `text`: the series as it is stored."""
    state = state_of(owner, text, now=request.now)
    if request.method != "POST":
        wanted = rehearsals.wanted_of(request, owner)
        if wanted is not None:
            return policy_form.wanted_again(state, wanted)
        planned = planned_version(owner, request.GET.get("version", ""), now=request.now)
        return policy_form.shown(state, planned)
    form = policy_form.typed(request, about, before=state.values)
    try:
        wanted = policy_form.read(form, about, before=state.values)
        saved = policy_change.save(owner, wanted, actor=acting(request), now=request.now)
    except Refusal as refusal:
        return form.refused(refusal)
    messages.success(request, done(saved, wanted))
    return None


def rehearse(
    request: Request, owner: Owner, text: str, about: About, room: Room
) -> Typed | HttpResponse:
    """Rehearse what was posted, and go to the page that shows it; or return the form with what is wrong with it."""
    state = state_of(owner, text, now=request.now)
    form = policy_form.typed(request, about, before=state.values)
    try:
        wanted = policy_form.read(form, about, before=state.values)
        return rehearsals.begin(request, Plan(owner=owner, wanted=wanted), room)
    except MustWait:
        raise
    except Refusal as refusal:
        return form.refused(refusal)


def withdraw(request: Request, owner: Owner, back: str) -> HttpResponse:
    """Take back a planned version, and go `back`."""
    try:
        version_id = UUID(field(request, "version"))
        policy_change.withdraw(version_id, owner, actor=acting(request), now=request.now)
    except ValueError as error:
        raise NotFound from error
    except AlreadyRemoved:
        return say_removed(request, back)
    except Refusal as refusal:
        say_refused(request, refusal)
    else:
        messages.success(request, _("The planned version was taken back."))
    return see_other(back)
