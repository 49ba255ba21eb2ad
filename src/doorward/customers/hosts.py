"""The host names of brands: which are confirmed, and what is to be done for the others.

A name that is not confirmed makes no link and no passkey, and nobody signs in under it. It is confirmed by asking it
for what only this installation knows: over HTTP, as people's browsers will, or in a TXT record of its domain.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from doorward.customers import cached, host_confirmation, protection
from doorward.customers.models import Brand
from doorward.customers.rights import authorise
from doorward.kernel.errors import NotFound
from doorward.permissions.actions import Action
from doorward.permissions.protected_fields import Change, change

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import Actor


class State(StrEnum):
    """What a host name of a brand is good for."""

    # Links in mails and passkeys have it.
    LINKS = "links"
    USED = "used"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Host:
    """A host name of a brand, its state, and the TXT record that would confirm it."""

    name: str
    state: State
    record_name: str
    record: str


def of(brand: Brand) -> tuple[Host, ...]:
    """Return the host names of a brand, in their order."""
    usable = cached.usable_hosts(brand)
    return tuple(
        Host(
            name=name,
            state=_state(name, usable),
            record_name=host_confirmation.record_name(name),
            record=host_confirmation.record(name),
        )
        for name in brand.hosts
    )


def unconfirmed() -> list[str]:
    """Return all host names that still have to be confirmed, of whatever brand."""
    brands = Brand.objects.order_by("name", "id")
    return [host.name for brand in brands for host in of(brand) if host.state is State.UNCONFIRMED]


def check(brand_id: UUID, name: str, *, actor: Actor, now: datetime) -> None:
    """Ask a host name whether it is this portal; where it is, the brand uses it from now on.

    It asks the network, so no transaction may be open. Raises `ProtectionRefused` before anything is asked,
    `NotFound`, and what `host_confirmation.look` raises.
    """
    authorise(actor, Action.CHECK_HOST, brand_id=brand_id)
    brand = _with(name, Brand.objects.filter(id=brand_id))
    if name in cached.usable_hosts(brand):
        return
    with protection.refusals_recorded(actor=actor):
        protection.demand(_change(brand, name), brand_id=brand_id, actor=actor)
    host_confirmation.look(name)
    _write(brand_id, name, actor=actor, now=now)


def confirm(name: str, *, actor: Actor, now: datetime) -> str:
    """Take a host name as confirmed on the operator's word; return its brand's name. Raises `NotFound`."""
    authorise(actor, Action.CONFIRM_HOST)
    brand = _with(name, Brand.objects.all())
    _write(brand.id, name, actor=actor, now=now)
    return brand.name


def _with(name: str, brands: QuerySet[Brand]) -> Brand:
    found: Brand | None = next((brand for brand in brands if name in brand.hosts), None)
    if found is None:
        raise NotFound
    return found


def _write(brand_id: UUID, name: str, *, actor: Actor, now: datetime) -> None:
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        brand = Brand.objects.select_for_update(no_key=True).get(id=brand_id)
        if name not in brand.hosts:
            raise NotFound
        # Once more: the other machine took its time to answer.
        authorise(actor, Action.CHECK_HOST, brand_id=brand_id)
        change_ = _change(brand, name)
        protection.settle(change_, what=brand.name, brand_id=brand_id, actor=actor)
        confirmed = brand.confirmed_hosts | {name: now.isoformat()}
        rows = Brand.objects.filter(id=brand_id)
        rows.update(confirmed_hosts=confirmed, version=F("version") + 1)
    cached.forget()


def _change(brand: Brand, name: str) -> tuple[Change, ...]:
    """Return what people are led to before and after."""
    before = cached.usable_hosts(brand)
    confirmed = set(before) | {name}
    after = [host for host in brand.hosts if host in confirmed]
    return (change("confirmed_hosts", list(before), after),)


def _state(name: str, usable: tuple[str, ...]) -> State:
    if name not in usable:
        return State.UNCONFIRMED
    return State.LINKS if name == usable[0] else State.USED
