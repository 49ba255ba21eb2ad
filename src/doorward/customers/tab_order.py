"""The order of the provider's own tabs: each is put before another one, whatever happened to the rest meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.audit.record import record
from doorward.customers import cached, protection
from doorward.customers.errors import TabsChanged
from doorward.customers.events import TAB_CHANGED
from doorward.customers.models import Tab
from doorward.customers.rights import authorise
from doorward.customers.tabs import in_order
from doorward.kernel.errors import NotFound
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.actor import Actor


def move(tab_id: UUID, before: str, *, actor: Actor) -> None:
    """Put a tab before another one, by its id; before "": behind all. Raises `NotFound`, `TabsChanged`.

    It says beside which tab it is to stand and not at which number: of two people who move tabs at once, both get what
    they asked for.
    """
    authorise(actor, Action.CHANGE_TAB)
    with transaction.atomic():
        rows = in_order(Tab.objects.select_for_update().order_by("id"))
        tab = next((one for one in rows if one.id == tab_id), None)
        if tab is None:
            raise NotFound
        # The right may have gone while the rows were waited for.
        authorise(actor, Action.CHANGE_TAB)
        was = rows.index(tab)
        rows.remove(tab)
        rows.insert(_place(rows, before, was=was, tab=tab), tab)
        if rows.index(tab) == was:
            return
        for number, one in enumerate(rows, start=1):
            if one.position != number:
                Tab.objects.filter(id=one.id).update(position=number)
        changes = protection.changes_of({"position": was + 1}, {"position": rows.index(tab) + 1})
        named = {"tab": tab.title, "key": tab.key}
        record(TAB_CHANGED, actor=actor, details=named | protection.details_of(changes))
    cached.forget()


def _place(others: list[Tab], before: str, *, was: int, tab: Tab) -> int:
    """Return where among the others it is to stand."""
    if not before:
        return len(others)
    if before == str(tab.id):
        return was
    found = next((number for number, one in enumerate(others) if str(one.id) == before), None)
    if found is None:
        raise TabsChanged
    return found
