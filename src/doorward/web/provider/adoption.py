"""Adoption over all customers: who has most to do, from numbers that are kept for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorward.customers.exports import record_adoption_export
from doorward.customers.tabs import CUSTOMERS
from doorward.directory import adoption
from doorward.gate.requirement import Need
from doorward.kernel.db.paging import in_pages
from doorward.kernel.text.tables import lines as lines_of
from doorward.permissions.actions import Action
from doorward.rollout import weekly
from doorward.web.http.needs import needs
from doorward.web.http.pages import render
from doorward.web.http.requests import signed_in
from doorward.web.http.streaming import export
from doorward.web.kit import tables
from doorward.web.kit.adoption import by_kind, choose_weekly, over_time
from doorward.web.kit.charts import Bar, Bars

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from doorward.directory.adoption import Totals
    from doorward.directory.models import Adoption
    from doorward.permissions.scope import Scope
    from doorward.web.http.requests import Request
    from doorward.web.kit.charts import Line
    from doorward.web.kit.fields import Field

PATH: Final = "/customers/adoption/"
PAGE_SIZE: Final = 25
_LONGEST_NUMBER: Final = 6


@dataclass(frozen=True, slots=True)
class Row:
    """One customer's people in numbers."""

    href: str
    name: str
    found: Adoption
    covered: int


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
    previous: str | None
    next: str | None
    separator: Field
    weekly: bool


@needs(Need.right(CUSTOMERS))
@require_safe
def page(request: Request) -> HttpResponse:
    """Show how far two-factor sign-in has come at the customers that one is there for."""
    show = request.GET.get("show", "")
    show = show if show in adoption.SHOWN else "bare"
    number = _number(request.GET.get("page", ""))
    start = (number - 1) * PAGE_SIZE
    me = signed_in(request)
    found = list(adoption.customers(show, me.scope)[start : start + PAGE_SIZE + 1])
    rows = tuple(_row(one) for one in found[:PAGE_SIZE])
    sums = adoption.totals(me.scope)
    shown = AdoptionPage(
        found=sums,
        kinds=by_kind(sums, _address),
        ask_after=_ask_after(sums),
        line=over_time(adoption.days(me.scope, now=request.now)),
        by_customer=_by_customer(show, rows),
        rows=rows,
        show=show,
        shows=_shows(),
        previous=_address(show, page=number - 1) if number > 1 else None,
        next=_address(show, page=number + 1) if len(found) > PAGE_SIZE else None,
        separator=tables.separator_field(translation.get_language() or "en"),
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
    separator = tables.chosen_separator(request.GET.get("separator", ""), language=language)
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
    for one in in_pages(adoption.customers("people", scope)):
        numbers = (getattr(one, name) for name in (*adoption.SHOWN, "people"))
        yield (one.customer.name, *map(str, numbers))


def _shows() -> tuple[tuple[str, str], ...]:
    words = {
        "bare": _("Without two factors"),
        "app": _("Authenticator app"),
        "passkey": _("Passkey"),
        "one_device": _("One device, no recovery codes"),
        "not_seen": _("Not signed in for 90 days, or never"),
    }
    return tuple((name, words[name]) for name in adoption.SHOWN)


def _ask_after(sums: Totals) -> Bars:
    words = dict(_shows())
    return Bars(
        title=_("Whom to ask after"),
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


def _row(one: Adoption) -> Row:
    return Row(
        href=f"/customers/{one.customer_id}/",
        name=one.customer.name,
        found=one,
        covered=one.people - one.bare,
    )


def _address(show: str, *, page: int = 1) -> str:
    fields = {"show": "" if show == "bare" else show, "page": str(page) if page > 1 else ""}
    query = urlencode({name: value for name, value in fields.items() if value})
    return f"{PATH}?{query}" if query else PATH


def _number(text: str) -> int:
    plain = text if text.isascii() and text.isdigit() else "1"
    return max(1, int(plain[:_LONGEST_NUMBER]))
