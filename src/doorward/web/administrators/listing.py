"""The list: what the address asks for, and the page made of it."""

from __future__ import annotations

from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Final

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from doorward.accounts.models import Status
from doorward.customers.cached import not_for
from doorward.customers.tab_titles import title_of
from doorward.directory.people import list_people
from doorward.directory.search_and_sort import LONGEST_SEARCH, Sort, Wanted
from doorward.directory.state import ANY_STATUS, Attention, FactorFilter, Rule
from doorward.rollout import tick_runs
from doorward.rollout.models import RunState
from doorward.web.administrators.pages import Head, Line, ListPage, RunLine
from doorward.web.administrators.person_words import (
    domain_tag,
    exception_tag,
    mail_tag,
    tabs_text,
)
from doorward.web.http.requests import session_of, signed_in
from doorward.web.kit.after_requiring import address
from doorward.web.kit.paging import lines_shown, page_address, page_number
from doorward.web.kit.tab_bar import tabs_in_order
from doorward.web.kit.tags import factor_tags, status_tag
from doorward.web.kit.times import number

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from doorward.directory.people import Listed, Listing
    from doorward.sessions.context import Person
    from doorward.web.http.requests import Request

PATH = "/administrators/"
_DESCENDING_FIRST = {Sort.LAST_SIGN_IN}


# What it means where a list is empty that was narrowed to this.
_NOBODY: Final = {
    Attention.NO_MAIL: gettext_lazy("As far as we know, mail reaches everybody here."),
    Attention.NOT_SEEN: gettext_lazy("Everybody has signed in within the last 90 days."),
    FactorFilter.REQUIRED_MISSING: gettext_lazy(
        "Everybody who has to use two factors has set them up."
    ),
    FactorFilter.ONE_DEVICE: gettext_lazy(
        "Everybody with two factors has another device or recovery codes."
    ),
    FactorFilter.BARE: gettext_lazy("Everybody here uses two factors."),
    FactorFilter.OFF: gettext_lazy("Everybody here uses two factors."),
}


def read_wanted(request: Request) -> Wanted:
    """Read the filters of an address; what is not one of ours is as if it were not there."""
    sort = request.GET.get("sort", "")
    named = sort.removeprefix("-")
    factor, status = request.GET.get("factor", ""), request.GET.get("status", "")
    attention = request.GET.get("attention", "")
    return Wanted(
        q=" ".join(request.GET.get("q", "").replace("\0", "").split())[:LONGEST_SEARCH],
        status=status if status in {ANY_STATUS, *Status.values} else "",
        factor=FactorFilter(factor) if factor in set(FactorFilter) else FactorFilter.ALL,
        attention=Attention(attention) if attention in set(Attention) else Attention.ALL,
        now=request.now,
        sort=Sort(named) if named in set(Sort) else Sort.NAME,
        descending=sort.startswith("-"),
        page=page_number(request),
    )


def list_page(
    request: Request, *, error: str = "", chosen: frozenset[str] = frozenset()
) -> ListPage:
    """Make the page that the address asks for; `chosen` stay marked."""
    wanted, me = read_wanted(request), signed_in(request)
    rule = Rule.of(session_of(request).facts.policy)
    listing = list_people(me.customer_id, wanted, rule=rule)
    page, language = listing.page, get_language()
    return ListPage(
        summary=_summary(me.customer_name, listing),
        address=request.get_full_path(),
        require=f"{PATH}require/{_address(wanted).removeprefix(PATH)}",
        found=listing.found,
        q=wanted.q,
        factor=wanted.factor.value,
        factors=_factor_choices(language),
        status=wanted.status,
        statuses=_status_choices(language),
        attention=wanted.attention.value,
        attentions=_attention_choices(language),
        sort=_sort_text(wanted.sort, descending=wanted.descending),
        sorts=_sort_choices(language),
        heads={sort.value: _head(wanted, sort) for sort in Sort},
        lines=tuple(_lines(listing.rows, me, chosen)),
        count=lines_shown(listing.start, listing.found) if listing.rows else _("Nobody found"),
        previous=_address(wanted, page=page - 1) if page > 1 else None,
        next=_address(wanted, page=page + 1) if page < listing.pages else None,
        empty=_empty(wanted),
        error=error,
        run=_run(me, now=request.now) if listing.runs else None,
    )


def _run(me: Person, *, now: datetime) -> RunLine | None:
    """Return the line that tells of two factors required of many, where that is not over or left somebody out."""
    found = tick_runs.to_be_told(me.customer_id, now=now)
    if found is None:
        return None
    link = _("See how far it is")
    if found.state == RunState.RUNNING:
        text = _("Two-factor sign-in is being required of many people.")
        return RunLine(text, link, address(found.id), "")
    if found.state == RunState.STOPPED:
        text = _("Requiring two-factor sign-in of many people was stopped in the middle.")
        return RunLine(text, link, address(found.id), "warn")
    text = ngettext(
        "Two-factor sign-in could not be required of %(n)s person.",
        "Two-factor sign-in could not be required of %(n)s people.",
        found.failed,
    ) % {"n": number(found.failed)}
    return RunLine(text, _("See who, and why"), address(found.id), "warn")


def _lines(rows: Iterable[Listed], me: Person, chosen: frozenset[str]) -> Iterable[Line]:
    # Most lines say the same of different people.
    keys = tabs_in_order(is_staff=me.is_staff, without=not_for(me.brand_id, me.customer_id))
    titles = {key: title_of(key) for key in keys}
    factors, statuses = cache(factor_tags), cache(status_tag)
    tabs = cache(partial(tabs_text, titles=titles))
    for row in rows:
        id_ = str(row.id)
        yield Line(
            id=id_,
            name=row.name,
            email=row.email,
            active=row.status is Status.ACTIVE,
            address="" if row.status is Status.REMOVED else f"{PATH}{id_}/",
            is_me=row.id == me.id,
            factors=factors(
                row.state,
                row.factors,
                required=row.required,
                status=row.status,
                until=row.required_from,
            ),
            tabs=tabs(row.tabs),
            status=statuses(row.status),
            mail=mail_tag(row.mail_problem),
            domain=domain_tag(row.email),
            exception=exception_tag(row.excepted_until),
            last_signed_in=row.last_signed_in,
            chosen=id_ in chosen,
        )


def _sort_text(sort: Sort, *, descending: bool) -> str:
    text = f"-{sort}" if descending else sort.value
    return "" if text == Sort.NAME else text


def _address(wanted: Wanted, *, page: int = 1, sort: str | None = None) -> str:
    kept = _sort_text(wanted.sort, descending=wanted.descending) if sort is None else sort
    fields = {
        "q": wanted.q,
        "factor": wanted.factor.value,
        "status": wanted.status,
        "attention": wanted.attention.value,
        "sort": kept,
    }
    return page_address(PATH, page, **fields)


def _head(wanted: Wanted, sort: Sort) -> Head:
    if wanted.sort is not sort:
        text = _sort_text(sort, descending=sort in _DESCENDING_FIRST)
        return Head(href=_address(wanted, sort=text), direction="")
    text = _sort_text(sort, descending=not wanted.descending)
    direction = "descending" if wanted.descending else "ascending"
    return Head(href=_address(wanted, sort=text), direction=direction)


def _summary(customer_name: str, listing: Listing) -> str:
    counts = listing.counts
    people = ngettext("%(people)s person", "%(people)s people", counts.people)
    text = _("People of %(customer)s who can sign in to this portal.") + " "
    text += _("%(who)s, %(protected)s of them with two factors.")
    return text % {
        "customer": customer_name,
        "who": people % {"people": number(counts.people)},
        "protected": number(counts.with_two_factors),
    }


def _empty(wanted: Wanted) -> str:
    if wanted.q:
        return _("No name or e-mail contains “%(q)s” with these filters.") % {"q": wanted.q}
    found = _NOBODY.get(wanted.attention) or _NOBODY.get(wanted.factor)
    if found:
        return str(found)
    return _("Nobody matches. Show everybody, or choose another filter.")


@lru_cache(maxsize=64)
def _factor_choices(_language: str | None) -> list[tuple[str, str]]:
    return [
        (FactorFilter.ALL.value, _("2FA: all")),
        (FactorFilter.ON.value, _("2FA: on")),
        (FactorFilter.OFF.value, _("2FA: off")),
        (FactorFilter.BARE.value, _("2FA: nothing that works")),
        (FactorFilter.APP.value, _("2FA: authenticator app")),
        (FactorFilter.PASSKEY.value, _("2FA: passkey")),
        (FactorFilter.ONE_DEVICE.value, _("2FA: one device, no codes")),
        (FactorFilter.REQUIRED.value, _("2FA: required")),
        (FactorFilter.REQUIRED_MISSING.value, _("2FA: required, not set up")),
        (FactorFilter.LOCKED.value, _("2FA: device disabled")),
    ]


@lru_cache(maxsize=64)
def _status_choices(_language: str | None) -> list[tuple[str, str]]:
    return [
        ("", _("Status: all")),
        (Status.ACTIVE.value, _("Status: active")),
        (Status.INVITED.value, _("Status: invited")),
        (Status.SUSPENDED.value, _("Status: suspended")),
        (ANY_STATUS, _("Status: all and removed")),
    ]


@lru_cache(maxsize=64)
def _attention_choices(_language: str | None) -> list[tuple[str, str]]:
    return [
        (Attention.ALL.value, _("Follow up: all")),
        (Attention.NOT_SEEN.value, _("Follow up: not seen for 90 days")),
        (Attention.NO_MAIL.value, _("Follow up: mail refused")),
    ]


@lru_cache(maxsize=64)
def _sort_choices(_language: str | None) -> list[tuple[str, str]]:
    return [
        ("", _("Sort: name")),
        (Sort.EMAIL.value, _("Sort: e-mail")),
        (f"-{Sort.LAST_SIGN_IN}", _("Sort: last sign-in")),
        (Sort.TWO_FACTORS.value, _("Sort: least protected")),
    ]
