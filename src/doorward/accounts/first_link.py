"""The link that makes the first of the provider's people: printed by a start, as long as nobody is there.

Nobody can be asked whether it is theirs, so it is short-lived and alone: a later start prints another one, which ends
it, on whatever machine; and it ends for good when somebody is there, however they came. Only its keyed hash is stored.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q

from doorward.accounts.errors import FirstLinkInvalid
from doorward.accounts.events import FIRST_LINK_MADE
from doorward.accounts.models import Administrator, FirstLink, Status
from doorward.audit.record import record
from doorward.customers import cached, locking
from doorward.customers.models import Customer, CustomerKind
from doorward.customers.rights import authorise
from doorward.kernel.clock_set_back import has_come
from doorward.kernel.crypto.sealing import keyed_hash
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor

LIFETIME: Final = timedelta(hours=24)
PATH: Final = "/first/"
_TOKEN_BYTES: Final = 32
# As they are written.
_TOKEN_LENGTH: Final = 43


def renew(*, actor: Actor, now: datetime) -> str:
    """Make a link where nobody is there, and end the one before; return its address. Secret: for the terminal alone.

    Empty: somebody of the provider is there, or could be again (invited, suspended). Of several starts at the same
    moment the last one's works.
    """
    authorise(actor, Action.MAKE_FIRST_LINK)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with transaction.atomic():
        provider = provider_locked()
        FirstLink.objects.all().delete()
        if _anybody(provider.id, since=None):
            return ""
        FirstLink.objects.create(
            keyed_hash=_keyed_hash(token), made_at=now, expires_at=now + LIFETIME
        )
        record(FIRST_LINK_MADE, actor=actor, customer=(provider.id, provider.name))
    return cached.brand_of(provider.brand_id).address(f"{PATH}{token}/")


def find(token: str, *, host: str, now: datetime) -> FirstLink:
    """Return the link of a token, under the provider's own host names alone. Raises `FirstLinkInvalid`."""
    link = FirstLink.objects.first()
    if link is None or len(token) != _TOKEN_LENGTH:
        raise FirstLinkInvalid
    if not hmac.compare_digest(_keyed_hash(token), bytes(link.keyed_hash)):
        raise FirstLinkInvalid
    provider = Customer.objects.get(kind=CustomerKind.PROVIDER)
    if not (_is_open(link, provider, now=now) and cached.answers(provider.brand_id, host)):
        raise FirstLinkInvalid
    return link


def consume(link: FirstLink, *, provider: Customer, now: datetime) -> None:
    """Use it up, in the caller's transaction with the provider's lock. Raises `FirstLinkInvalid`."""
    rows = FirstLink.objects.filter(id=link.id, expires_at__gt=now)
    if not _is_open(link, provider, now=now) or rows.delete()[0] != 1:
        raise FirstLinkInvalid


def open_until(*, now: datetime) -> datetime | None:
    """Return when the link that is open now ends; None: there is none."""
    link = FirstLink.objects.first()
    if link is None:
        return None
    provider = Customer.objects.get(kind=CustomerKind.PROVIDER)
    return link.expires_at if _is_open(link, provider, now=now) else None


def provider_locked() -> Customer:
    """Return the provider's own customer, locked in the caller's transaction, with its brand."""
    rows = Customer.objects.select_related("brand").filter(kind=CustomerKind.PROVIDER)
    locking.hold(rows.values_list("id", flat=True).get())
    return rows.get()


def _is_open(link: FirstLink, provider: Customer, *, now: datetime) -> bool:
    in_time = has_come(link.made_at, now=now) and link.expires_at > now
    return in_time and not _anybody(provider.id, since=link.made_at)


def _anybody(provider_id: UUID, *, since: datetime | None) -> bool:
    """Return whether somebody is there, or was added `since`: who came and was removed again ends the link, too."""
    there = ~Q(status=Status.REMOVED)
    if since is not None:
        there |= Q(added_at__gte=since)
    return Administrator.objects.of(provider_id).filter(there).exists()


def _keyed_hash(token: str) -> bytes:
    return keyed_hash("first link", token)
