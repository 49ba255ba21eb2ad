"""The provider's own tabs: links to the applications behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import IntegrityError, transaction

from doorward.audit.record import record
from doorward.customers import cached, protection
from doorward.customers.errors import NumberInvalid, TabKeyInvalid, TabKeyTaken, TooManyTabs
from doorward.customers.events import TAB_ADDED, TAB_CHANGED, TAB_REMOVED
from doorward.customers.models import Tab
from doorward.customers.rights import authorise
from doorward.customers.tabs import BUILT_IN, OF_STAFF
from doorward.kernel.checks import Checks
from doorward.kernel.errors import AddressInvalid, FieldsRefused, NotFound
from doorward.kernel.text.cleaning import clean_line, clean_link
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.actor import Actor

KEY_LENGTH: Final = 40
TITLE_LENGTH: Final = 40
DESCRIPTION_LENGTH: Final = 160
LINK_LENGTH: Final = 300
LAST_POSITION: Final = 9999
# More than anybody finds one's way in; and each is in the rows of all who have it.
MOST_TABS: Final = 200

_KEY: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class TabDetails:
    """What a form says of a tab; texts as they were typed."""

    title: str
    url: str
    description: str = ""
    position: str = "0"


def add(key: str, details: TabDetails, *, actor: Actor) -> Tab:
    """Add a tab. Nobody has it until somebody gives it to them. Raises `FieldsRefused`, `TooManyTabs`."""
    authorise(actor, Action.ADD_TAB)
    if Tab.objects.count() >= MOST_TABS:
        raise TooManyTabs(MOST_TABS)
    checks = Checks()
    cleaned_key = checks.take("key", _clean_key, key)
    columns = _clean(details, checks)
    try:
        with transaction.atomic():
            tab = Tab.objects.create(key=str(cleaned_key), **columns)
            record(TAB_ADDED, actor=actor, details={"tab": tab.title, "key": tab.key})
    except IntegrityError as error:
        raise FieldsRefused({"key": TabKeyTaken()}) from error
    cached.forget()
    return tab


def change(tab_id: UUID, details: TabDetails, *, actor: Actor) -> None:
    """Change a tab; its key stays, since rights are kept under it. Raises `NotFound`, `FieldsRefused`."""
    authorise(actor, Action.CHANGE_TAB)
    columns = _clean(details, Checks())
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        tab = Tab.objects.select_for_update().filter(id=tab_id).first()
        if tab is None:
            raise NotFound
        before = {name: getattr(tab, name) for name in columns}
        changes = protection.changes_of(before, columns)
        if not changes:
            return
        protection.settle(changes, what=tab.title, actor=actor)
        Tab.objects.filter(id=tab_id).update(**columns)
        record(
            TAB_CHANGED,
            actor=actor,
            details={
                "tab": str(columns["title"]),
                "key": tab.key,
                **protection.details_of(changes),
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
    """Remove a tab in the caller's transaction, and return it as it was; the rights to it are the caller's."""
    authorise(actor, Action.REMOVE_TAB)
    tab = Tab.objects.select_for_update().filter(id=tab_id).first()
    if tab is None:
        raise NotFound
    tab.delete()
    record(TAB_REMOVED, actor=actor, details={"tab": tab.title, "key": tab.key})
    return tab


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
        "position": checks.take("position", _clean_position, details.position),
    }
    checks.need("title", title)
    checks.done()
    return columns


def _clean_url(text: str) -> str:
    link = clean_link(text, maximum=LINK_LENGTH, path=True)
    if not link:
        raise AddressInvalid
    return link


def _clean_position(text: str) -> int:
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()) or int(digits[:6]) > LAST_POSITION:
        raise NumberInvalid(LAST_POSITION)
    return int(digits)
