"""The rights to a tab that is no more go with it: a later tab of the same key begins with nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Replace

from doorward.accounts.models import Administrator
from doorward.customers import cached, own_tabs
from doorward.customers.rights import authorise
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.actor import Actor


def remove_tab(tab_id: UUID, *, actor: Actor) -> str:
    """Remove one of the provider's own tabs, and everybody's right to it; return its title. Raises `AlreadyRemoved`."""
    authorise(actor, Action.REMOVE_TAB)
    with transaction.atomic():
        tab = own_tabs.remove(tab_id, actor=actor)
        # Each key has a space on both sides, so that no other one is cut.
        having = Administrator.objects.everywhere().filter(tabs__contains=f" {tab.key} ")
        having.update(tabs=Replace("tabs", Value(f" {tab.key} "), Value(" ")))
    cached.forget()
    return tab.shown_title
