"""The provider's own tabs: links to the applications behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max

from doorward.audit.record import record
from doorward.customers import cached, in_languages, protection, tab_audience
from doorward.customers.errors import (
    AddressNotSecure,
    IconUnknown,
    TabKeyInvalid,
    TabKeyTaken,
    TooManyTabs,
)
from doorward.customers.events import TAB_ADDED, TAB_CHANGED, TAB_REMOVED
from doorward.customers.models import Tab, TabAudience
from doorward.customers.rights import authorise
from doorward.customers.tabs import BUILT_IN, OF_STAFF
from doorward.kernel import lucide
from doorward.kernel.errors import AddressInvalid, AlreadyRemoved, FieldsRefused, NotFound
from doorward.kernel.field_checks import Checks
from doorward.kernel.host_spelling import is_loopback
from doorward.kernel.text import names
from doorward.kernel.text.cleaning import clean_line, clean_link
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.audit.record import Detail

KEY_LENGTH: Final = 40
TITLE_LENGTH: Final = 40
DESCRIPTION_LENGTH: Final = 160
LINK_LENGTH: Final = 300
# More than anybody finds one's way in; and each is in the rows of all who have it.
MOST_TABS: Final = 200
FIRST_ICON: Final = "layout-grid"
ICON_LENGTH: Final = 60

# What the column takes; the next move counts them from 1 again.
_LAST_POSITION: Final = 32_767

_KEY: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class TabDetails:
    """What a form says of a tab; texts as they were typed."""

    title: str
    url: str
    description: str = ""
    icon: str = FIRST_ICON
    new_window: bool = False
    # Of `TabAudience`; `brands`: their ids, `customers`: their names, one in a line.
    audience: str = TabAudience.EVERYONE.value
    brands: frozenset[str] = frozenset()
    customers: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TabWords:
    """What a tab is called in one language; what is empty is as in all others."""

    title: str = ""
    description: str = ""


def add(key: str, details: TabDetails, *, actor: Actor) -> Tab:
    """Add a tab; without a key, under one of its title. Nobody has it until somebody gives it to them.

    Raises `FieldsRefused`, `TooManyTabs`.
    """
    authorise(actor, Action.ADD_TAB)
    if Tab.objects.count() >= MOST_TABS:
        raise TooManyTabs(MOST_TABS)
    checks = Checks()
    cleaned_key = checks.take("key", _clean_key, key.strip() or key_of(details.title))
    columns = _clean(details, checks)
    try:
        with transaction.atomic():
            authorise(actor, Action.ADD_TAB)
            tab = Tab.objects.create(key=str(cleaned_key), position=_behind_all(), **columns)
            named = {"tab": tab.title, "key": tab.key}
            record(TAB_ADDED, actor=actor, details=named | _told_of_new(columns))
    except IntegrityError as error:
        raise FieldsRefused({"key": TabKeyTaken()}) from error
    cached.forget()
    return tab


def key_of(title: str) -> str:
    """Return a key that is free, in the words of a title; "" where it has no letters."""
    words = "-".join(re.findall(r"[a-z0-9]+", names.fold(title)))
    key = re.sub(r"^[^a-z]+", "", words)[:KEY_LENGTH].rstrip("-")
    taken = {*BUILT_IN, *OF_STAFF, *Tab.objects.values_list("key", flat=True)}
    if not key or key not in taken:
        return key
    ends = (f"-{number}" for number in range(2, len(taken) + 3))
    tries = (key[: KEY_LENGTH - len(end)].rstrip("-") + end for end in ends)
    return next(one for one in tries if one not in taken)


def change(tab_id: UUID, details: TabDetails, *, actor: Actor) -> None:
    """Change a tab; its key stays, since rights are kept under it. Raises `NotFound`, `FieldsRefused`."""
    authorise(actor, Action.CHANGE_TAB)
    columns = _clean(details, Checks())
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        tab = _locked(tab_id)
        # Once more: who waited for the lock may have lost the right.
        authorise(actor, Action.CHANGE_TAB)
        before = {name: getattr(tab, name) for name in columns}
        changes = protection.changes_of(before, columns)
        if not changes:
            return
        told = protection.changes_of(_told(before), _told(columns))
        protection.settle(changes, what=tab.title, actor=actor)
        Tab.objects.filter(id=tab_id).update(**columns)
        record(
            TAB_CHANGED,
            actor=actor,
            details={
                "tab": str(columns["title"]),
                "key": tab.key,
                **protection.details_of(told),
            },
        )
    cached.forget()


def get(tab_id: UUID) -> Tab:
    """Return a tab, or raise `NotFound`."""
    tab = Tab.objects.filter(id=tab_id).first()
    if tab is None:
        raise NotFound
    return tab


def remove(tab_id: UUID, *, actor: Actor) -> Tab:
    """Remove a tab in the caller's transaction, and return it as it was; the rights to it are the caller's.

    Raises `AlreadyRemoved`.
    """
    authorise(actor, Action.REMOVE_TAB)
    tab = Tab.objects.select_for_update().filter(id=tab_id).first()
    if tab is None:
        # All of them are the provider's: there is nobody else whose it could be.
        raise AlreadyRemoved
    tab.delete()
    record(TAB_REMOVED, actor=actor, details={"tab": tab.title, "key": tab.key})
    return tab


def _told(columns: Mapping[str, object]) -> dict[str, object]:
    """Return columns as history has them: whom it is for by name."""
    audience, ids = str(columns["audience"]), columns["audience_ids"]
    said = tab_audience.as_told(audience, ids if isinstance(ids, list) else [])
    return {**columns, "audience_ids": said}


def _told_of_new(columns: Mapping[str, object]) -> dict[str, Detail]:
    """Return what history has of a new tab: where it leads, and for whom it is."""
    told = _told(columns)
    new = {name: told[name] for name in ("url", "audience", "audience_ids") if told[name]}
    return protection.details_of(protection.changes_of(dict.fromkeys(new, ""), new))


def _behind_all() -> int:
    last: int | None = Tab.objects.aggregate(last=Max("position"))["last"]
    return min((last or 0) + 1, _LAST_POSITION)


def _clean_key(text: str) -> str:
    key = text.strip()
    if len(key) > KEY_LENGTH or not _KEY.fullmatch(key) or key in BUILT_IN + OF_STAFF:
        raise TabKeyInvalid
    return key


def _clean(details: TabDetails, checks: Checks) -> dict[str, object]:
    columns: dict[str, object] = {
        "title": (title := checks.take("title", clean_line, details.title, maximum=TITLE_LENGTH)),
        "description": checks.take(
            "description", clean_line, details.description, maximum=DESCRIPTION_LENGTH
        ),
        "url": checks.take("url", _clean_url, details.url),
    }
    checks.need("title", title)
    columns |= {
        "icon": checks.take("icon", _clean_icon, details.icon),
        "new_window": details.new_window,
        "audience": details.audience,
        "audience_ids": tab_audience.clean(
            details.audience, brands=details.brands, customers=details.customers, checks=checks
        ),
    }
    checks.done()
    return columns


def _clean_icon(text: str) -> str:
    name = text.strip().lower() or FIRST_ICON
    if len(name) > ICON_LENGTH or name not in lucide.names():
        raise IconUnknown
    return name


def change_words(tab_id: UUID, language: str, words: TabWords, *, actor: Actor) -> None:
    """Call a tab something else in one language. Raises `NotFound`, also for a language that there is not."""
    authorise(actor, Action.CHANGE_TAB)
    in_languages.refuse_unknown(language)
    checks = Checks()
    after = {
        "title": checks.take("title", clean_line, words.title, maximum=TITLE_LENGTH),
        "description": checks.take(
            "description", clean_line, words.description, maximum=DESCRIPTION_LENGTH
        ),
    }
    checks.done()
    with transaction.atomic():
        tab = _locked(tab_id)
        authorise(actor, Action.CHANGE_TAB)
        before = {"title": "", "description": ""} | tab.in_languages.get(language, {})
        changes = protection.changes_of(before, after)
        if not changes:
            return
        tab.in_languages = in_languages.replaced(tab.in_languages, language, after)
        tab.save(update_fields=["in_languages"])
        named = {"tab": f"{tab.title} ({language})", "key": tab.key}
        record(TAB_CHANGED, actor=actor, details=named | protection.details_of(changes))
    cached.forget()


def _locked(tab_id: UUID) -> Tab:
    tab = Tab.objects.select_for_update().filter(id=tab_id).first()
    if tab is None:
        raise NotFound
    return tab


def _clean_url(text: str) -> str:
    link = clean_link(text, maximum=LINK_LENGTH, path=True)
    if not link:
        raise AddressInvalid
    if link.startswith("/") or urlsplit(link).scheme == "https" or _is_tried_out(link):
        return link
    raise AddressNotSecure


def _is_tried_out(link: str) -> bool:
    """Return whether an application and the portal both run on this machine alone, where nobody listens."""
    here = urlsplit(settings.DOORWARD.origin).hostname or ""
    return is_loopback(here) and is_loopback(urlsplit(link).hostname or "")
