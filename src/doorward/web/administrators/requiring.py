"""Requiring two factors of several: rehearsed first, for those who are marked in the list or for all that it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from doorward.accounts.errors import NothingSelected
from doorward.directory.search_and_sort import matching
from doorward.directory.state import Rule
from doorward.gate.requirement import Need
from doorward.kernel.errors import MustWait, NotFound, Refusal
from doorward.kernel.refusals import sentence
from doorward.permissions.actions import Action
from doorward.policy.versions import policy_of_customer
from doorward.rollout import applying
from doorward.rollout.rehearsal import Plan
from doorward.web.administrators.forms import MarkedForm
from doorward.web.administrators.listing import PATH, list_page, read_wanted
from doorward.web.administrators.views import chosen
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render, see_other
from doorward.web.http.requests import session_of, signed_in
from doorward.web.kit import rehearsals
from doorward.web.kit.forms import read
from doorward.web.kit.rehearsal_page import Room
from doorward.web.kit.times import number

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from doorward.policy.versions import Owner
    from doorward.web.http.requests import Request


@needs(Need.of(Action.REHEARSE))
@both
def rehearse(request: Request) -> HttpResponse:
    """Rehearse a tick for those who are marked, or for all that the filters of the address find."""
    if request.method != "POST":
        return see_other(PATH)
    form = read(request, MarkedForm)
    try:
        people = _all_that_match(request) if form.all else chosen(form.selected)
        if not people:
            raise NothingSelected
        answer = rehearsals.begin(request, Plan(owner=_owner(request), people=people), _room())
    except (MustWait, NotFound):
        raise
    except Refusal as refusal:
        page = list_page(request, error=sentence(refusal), chosen=form.selected)
        return render(request, "administrators/list.html", page, status=422)
    _tell_of_removed(request, people)
    return answer


@needs(Need.of(Action.REHEARSE), post=Need.of(Action.REQUIRE_TWO_FACTORS))
@both
def rehearsal(request: Request, rehearsal_id: UUID) -> HttpResponse:
    """Show what the tick would do to each person; a POST sets it."""
    kept = rehearsals.find(request, rehearsal_id, _owner(request), ticks=True)
    return rehearsals.show(request, kept, _room())


@needs(Need.of(Action.EXPORT_PEOPLE))
@require_safe
def rehearsal_table(request: Request, rehearsal_id: UUID) -> HttpResponseBase:
    """Return the same as a table."""
    kept = rehearsals.find(request, rehearsal_id, _owner(request), ticks=True)
    return rehearsals.download(request, kept)


def _owner(request: Request) -> Owner:
    return policy_of_customer(signed_in(request).customer_id)


def _room() -> Room:
    return Room(f"{PATH}require/", PATH, ((_("Administrators"), PATH),))


def _tell_of_removed(request: Request, people: frozenset[UUID]) -> None:
    """Say how many of those who were marked are left out, since they were removed while the list stood there."""
    gone = applying.removed_among(people, customer_id=signed_in(request).customer_id)
    if gone:
        text = ngettext(
            "%(people)s person you selected was removed in the meantime and is left out.",
            "%(people)s people you selected were removed in the meantime and are left out.",
            gone,
        )
        messages.warning(request, text % {"people": number(gone)})


def _all_that_match(request: Request) -> frozenset[UUID]:
    """Return all whom the list finds, but for those who were removed."""
    wanted, rule = read_wanted(request), Rule.of(session_of(request).facts.policy)
    rows = matching(signed_in(request).customer_id, wanted, rule).exclude(status="removed")
    return frozenset(rows.values_list("id", flat=True))
