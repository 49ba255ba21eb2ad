"""Adoption: who of a customer's people has a second factor, who has not, and whom to ask after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorward.customers.tabs import ACCOUNT, ADMINISTRATORS
from doorward.directory import adoption, people
from doorward.directory.adoption import Totals
from doorward.directory.search_and_sort import Wanted
from doorward.directory.state import Rule
from doorward.gate.requirement import Need
from doorward.kernel.text.tables import lines as lines_of
from doorward.permissions.actions import Action, Managed
from doorward.rollout import weekly
from doorward.web.http.needs import needs
from doorward.web.http.pages import render
from doorward.web.http.requests import session_of, signed_in
from doorward.web.http.streaming import export
from doorward.web.kit import csv_separator
from doorward.web.kit.adoption import by_kind, choose_weekly, over_time
from doorward.web.kit.charts import Bar, Bars

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from doorward.directory.people import Listed
    from doorward.web.http.requests import Request
    from doorward.web.kit.charts import Line
    from doorward.web.kit.fields import Field

PEOPLE: Final = "/administrators/"


@dataclass(frozen=True, slots=True)
class AdoptionPage:
    """A customer's people in numbers, each with the address of exactly these."""

    customer: str
    found: Totals
    kinds: Bars
    ask_after: Bars
    line: Line
    separator: Field
    weekly: bool


@needs(Need.right(ADMINISTRATORS, managed=Managed.LOOK))
@require_safe
def page(request: Request) -> HttpResponse:
    """Show how far two-factor sign-in has come."""
    me = signed_in(request)
    if ACCOUNT in me.tab_keys:
        request.tab = ACCOUNT
    found = adoption.count([me.customer_id], now=request.now).get(me.customer_id, Totals())
    shown = AdoptionPage(
        customer=me.customer_name,
        found=found,
        kinds=by_kind(found, lambda name: f"{PEOPLE}?factor={name}"),
        ask_after=_ask_after(found),
        line=over_time(adoption.days_of(me.customer_id, found, now=request.now)),
        separator=csv_separator.separator_field(translation.get_language() or "en"),
        weekly=weekly.wants(me.id, of_all=False),
    )
    return render(request, "account/adoption.html", shown)


@needs(Need.of(Action.GET_ADOPTION_MAIL))
@require_POST
def mail(request: Request) -> HttpResponse:
    """Have oneself mailed the numbers once a week, or no longer."""
    return choose_weekly(
        request, customer_id=signed_in(request).customer_id, back="/account/adoption/"
    )


def _ask_after(found: Totals) -> Bars:
    one_device, not_seen = f"{PEOPLE}?factor=one-device", f"{PEOPLE}?attention=not-seen"
    return Bars(
        title=_("Who needs a reminder"),
        what=_("Why"),
        counted=_("People"),
        bars=(
            Bar(
                label=_("One device, no recovery codes"),
                value=found.one_device,
                href=one_device,
                tone="warn",
            ),
            Bar(
                label=_("Not signed in for 90 days, or never"),
                value=found.not_seen,
                href=not_seen,
                tone="warn",
            ),
        ),
        whole=found.people,
    )


@needs(Need.of(Action.EXPORT_PEOPLE))
@require_safe
def download(request: Request) -> HttpResponseBase:
    """Return the people as a table, with what each has; taking it along is an event itself."""
    me, language = signed_in(request), translation.get_language() or "en"
    rule = Rule.of(session_of(request).facts.policy)
    separator = csv_separator.chosen_separator(request.GET.get("separator", ""), language=language)
    rows = people.everybody(me.customer_id, Wanted(now=request.now), rule=rule)
    lines = lines_of(_head(), _cells(rows), separator=separator)
    day = timezone.localtime(request.now).date().isoformat()
    return export(request, lines, filename=f"adoption-{day}.csv", filters=[], people=True)


def _head() -> tuple[str, ...]:
    return (
        _("Name"),
        _("E-mail"),
        _("Status"),
        _("Required"),
        _("Second factor"),
        _("Last sign-in"),
    )


def _cells(rows: Iterator[Listed]) -> Iterator[tuple[str, ...]]:
    words = {True: _("yes"), False: _("no")}
    for row in rows:
        yield (
            row.name,
            row.email,
            str(row.status.label),
            words[row.required],
            ", ".join(kind.value for kind in row.factors.usable),
            row.last_signed_in.strftime("%Y-%m-%dT%H:%M:%SZ") if row.last_signed_in else "",
        )
