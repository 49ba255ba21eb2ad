"""Adoption over all customers: who has most to do, from numbers that are kept for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode
from uuid import UUID

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorward.customers.exports import record_adoption_export
from doorward.customers.tabs import ADMINISTRATORS, CUSTOMERS
from doorward.directory import adoption, adoption_pages
from doorward.directory.adoption_pages import Cursor, Place
from doorward.directory.models import SHOWN
from doorward.gate.requirement import Need
from doorward.kernel.db.paging import in_pages
from doorward.kernel.text.tables import lines as lines_of
from doorward.permissions.actions import Action
from doorward.rollout import weekly
from doorward.web.http.needs import needs
from doorward.web.http.pages import render
from doorward.web.http.requests import signed_in
from doorward.web.http.streaming import export
from doorward.web.kit import csv_separator
from doorward.web.kit.adoption import by_kind, choose_weekly, over_time
from doorward.web.kit.charts import Bar, Bars

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from doorward.directory.adoption import Totals
    from doorward.directory.models import Adoption
    from doorward.permissions.staff_scope import Scope
    from doorward.sessions.context import Person
    from doorward.web.http.requests import Request
    from doorward.web.kit.charts import Line
    from doorward.web.kit.fields import Field

PATH: Final = "/customers/adoption/"
PEOPLE: Final = "/administrators/"
PAGE_SIZE: Final = 25
_LONGEST_NUMBER: Final = 9
# What a customer's own page of adoption counts by.
_OWN_LISTS: Final = {
    "covered": f"{PEOPLE}?factor=on",
    "bare": f"{PEOPLE}?factor=bare",
    "app": f"{PEOPLE}?factor=app",
    "passkey": f"{PEOPLE}?factor=passkey",
    "one_device": f"{PEOPLE}?factor=one-device",
    "not_seen": f"{PEOPLE}?attention=not-seen",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One customer's people in numbers. `lists`: where exactly those are listed; of one's own company alone."""

    href: str
    name: str
    found: Adoption
    covered: int
    lists: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AdoptionPage:
    """All customers in numbers; those that have what was asked for as rows, most of it first."""

    found: Totals
    kinds: Bars
    ask_after: Bars
    line: Line
    by_customer: Bars
    rows: tuple[Row, ...]
    show: str
    shows: tuple[tuple[str, str], ...]
    heads: tuple[tuple[str, str, str], ...]
    all: bool
    previous: str | None
    next: str | None
    separator: Field
    weekly: bool


@needs(Need.right(CUSTOMERS))
@require_safe
def page(request: Request) -> HttpResponse:
    """Show how far two-factor sign-in has come at the customers that one is there for."""
    show = request.GET.get("show", "")
    show = show if show in SHOWN else "bare"
    me = signed_in(request)
    mine = adoption.within(me.scope)
    found = adoption_pages.page(show, mine, at=_cursor(request), size=PAGE_SIZE)
    rows = tuple(_row(one, me) for one in found.rows)
    sums = adoption.totals(mine)
    shown = AdoptionPage(
        found=sums,
        kinds=by_kind(sums, _address),
        ask_after=_ask_after(sums),
        line=over_time(adoption.days(mine, sums, now=request.now)),
        by_customer=_by_customer(show, rows),
        rows=rows,
        show=show,
        shows=_shows(),
        heads=tuple((name, words, _address(name)) for name, words in _shows()),
        all=me.scope.is_all,
        previous=_address(show, at=found.previous) if found.previous else None,
        next=_address(show, at=found.next) if found.next else None,
        separator=csv_separator.separator_field(translation.get_language() or "en"),
        weekly=weekly.wants(me.id, of_all=True),
    )
    return render(request, "provider/adoption.html", shown)


@needs(Need.of(Action.GET_ADOPTION_MAIL_OF_ALL))
@require_POST
def mail(request: Request) -> HttpResponse:
    """Have oneself mailed the numbers once a week, or no longer."""
    return choose_weekly(request, customer_id=None, back=PATH)


@needs(Need.of(Action.EXPORT_ADOPTION))
@require_safe
def download(request: Request) -> HttpResponseBase:
    """Return these customers in numbers as a table; taking it along is an event itself."""
    language = translation.get_language() or "en"
    separator = csv_separator.chosen_separator(request.GET.get("separator", ""), language=language)
    head = (_("Customer"), *(words for _key, words in _shows()), _("People"))
    scope = signed_in(request).scope
    lines = lines_of(head, _cells(scope), separator=separator)
    day = timezone.localtime(request.now).date().isoformat()
    return export(
        request,
        lines,
        filename=f"adoption-{day}.csv",
        filters=[],
        recorded=record_adoption_export,
    )


def _cells(scope: Scope) -> Iterator[tuple[str, ...]]:
    for one in in_pages(adoption.customers(scope)):
        numbers = (getattr(one, name) for name in (*SHOWN, "people"))
        yield (one.customer.name, *map(str, numbers))


def _shows() -> tuple[tuple[str, str], ...]:
    words = {
        "bare": _("Without two factors"),
        "app": _("Authenticator app"),
        "passkey": _("Passkey"),
        "one_device": _("One device, no recovery codes"),
        "not_seen": _("Not signed in for 90 days, or never"),
    }
    return tuple((name, words[name]) for name in SHOWN)


def _ask_after(sums: Totals) -> Bars:
    words = dict(_shows())
    return Bars(
        title=_("Who needs a reminder"),
        what=_("Why"),
        counted=_("People"),
        bars=tuple(
            Bar(label=words[name], value=getattr(sums, name), href=_address(name), tone="warn")
            for name in ("one_device", "not_seen")
        ),
        whole=sums.people,
    )


def _by_customer(show: str, rows: tuple[Row, ...]) -> Bars:
    words = dict(_shows())
    return Bars(
        title=_("By customer: %(what)s") % {"what": words[show]},
        what=_("Customer"),
        counted=_("People"),
        bars=tuple(
            Bar(label=row.name, value=getattr(row.found, show), href=row.href) for row in rows
        ),
    )


def _row(one: Adoption, me: Person) -> Row:
    own = one.customer_id == me.customer_id and ADMINISTRATORS in me.tab_keys
    return Row(
        href=f"/customers/{one.customer_id}/",
        name=one.customer.name,
        found=one,
        covered=one.people - one.bare,
        lists=_OWN_LISTS if own else {},
    )


def _address(show: str, *, at: Cursor | None = None) -> str:
    fields = {"show": show} if show != "bare" else {}
    if at is not None:
        fields["before" if at.back else "after"] = f"{at.place.number}.{at.place.customer_id}"
    return f"{PATH}?{urlencode(fields)}" if fields else PATH


def _cursor(request: Request) -> Cursor | None:
    """Read where the page begins; None: at the beginning, also where it is nothing of ours."""
    for name in ("after", "before"):
        number, _dot, customer_id = request.GET.get(name, "").partition(".")
        if number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER:
            try:
                return Cursor(Place(int(number), UUID(customer_id)), back=name == "before")
            except ValueError:
                continue
    return None
