"""A customer that has some of everything, its deletion by the worker, and all rows of the database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.audit import sealing
from doorward.audit.actor import CONSOLE
from doorward.credentials.models import Factor, RecoverySet
from doorward.customers import notes
from doorward.customers.models import Customer
from doorward.directory import adoption_sums
from doorward.notifications import customer_deletion
from doorward.sessions.models import Session
from tests.kit import people, policies
from tests.threats.secrets_at_rest import keep

if TYPE_CHECKING:
    from datetime import datetime


def live(owner: Administrator, colleague: Administrator) -> None:
    """Let a customer have some of everything."""
    customer, now = owner.customer, timezone.now()
    domain = owner.email.partition("@")[2]
    newcomer = people.make_administrator(customer, email=f"new@{domain}", name="Nele Quillfeather")
    keep(owner, colleague, newcomer)
    policies.ask(customer.id, trust_days=3)
    policies.require_by_minimum(customer.id)
    notes.add(customer.id, "They pay late.\nBe kind.", actor=CONSOLE, now=now)
    adoption_sums.note([customer.id])
    adoption_sums.fold(now=now)
    adoption_sums.note([customer.id])


def later() -> datetime:
    return timezone.now() + timedelta(days=31)


def work_off() -> int:
    """Let the worker's rounds pass until nothing is left to do; return how many steps that took."""
    steps = 0
    for _round in range(20):
        done = customer_deletion.delete_due(now=later())
        if not done and not Customer.objects.filter(deleting_since__isnull=False).exists():
            return steps
        steps += done
        sealing.seal(now=timezone.now())
    raise AssertionError(steps)


def rows() -> dict[str, dict[Any, dict[str, Any]]]:
    """Return all rows of all tables."""
    return {
        model.__name__: {row[model._meta.pk.attname]: row for row in model._base_manager.values()}
        for model in apps.get_models()
        if model.__module__.startswith("doorward")
    }


def belongs(row: dict[str, Any], ids: set[str]) -> bool:
    """Return whether any of these ids or words stands in a row."""
    text = repr(row)
    return any(one in text for one in ids)


def of(found: dict[str, dict[Any, dict[str, Any]]], ids: set[str]) -> dict[str, list[Any]]:
    """Return the rows in which any of these stands, by table."""
    each = {
        name: [row for row in table.values() if belongs(row, ids)] for name, table in found.items()
    }
    return {name: some for name, some in each.items() if some}


def ids_of(customer: Customer) -> set[str]:
    """Return the ids of all that leads to a customer's rows."""
    ids = {str(one) for one in Administrator.objects.of(customer.id).values_list("id", flat=True)}
    for model in (Session, Factor, RecoverySet):
        of_it = model._base_manager.filter(administrator__customer_id=customer.id)
        ids |= {str(one) for one in of_it.values_list("id", flat=True)}
    return ids | {str(customer.id), customer.id.hex}
