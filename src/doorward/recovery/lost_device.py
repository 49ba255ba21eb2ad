"""A lost device, in one click: the password alone signs out everywhere; a mailed link suspends the device.

Whoever knows the password can do no more with it than sign the owner out, who is told. Suspending takes the mailbox as
well, and opens nothing: what is suspended is still there, so no password alone gets in (`credentials/suspension.py`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from doorward.accounts import mailed_links
from doorward.accounts.account import locked
from doorward.accounts.models import LinkPurpose, MailedLink
from doorward.audit.actor import Actor, by_link
from doorward.audit.record import record
from doorward.credentials import suspension
from doorward.credentials.models import USABLE, Factor
from doorward.credentials.trusted_browsers import trust
from doorward.kernel.clock_set_back import SKEW
from doorward.kernel.ratelimit import throttle
from doorward.recovery.errors import NoDeviceChosen
from doorward.recovery.events import DEVICE_LOST, DEVICE_SUSPENDED
from doorward.sessions import ending
from doorward.signin import password as signin_password

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from doorward.accounts.models import Administrator
    from doorward.audit.actor import ClientInfo
    from doorward.audit.record import Detail

PURPOSES: Final = (LinkPurpose.LOST,)
# A link that works for less than that is not mailed again; there is a new one, and both work.
LEFT_AT_LEAST: Final = timedelta(minutes=30)


def report(
    *, email: str, password: str, browser_token: str, client: ClientInfo, now: datetime
) -> None:
    """End all sessions and all trust in browsers of who has this password, and mail the link that suspends a device.

    It never says whether there is a device. Raises what `signin.password.verify` raises.
    """
    verified = signin_password.verify(
        email=email, password=password, browser_token=browser_token, client=client, now=now
    )
    with transaction.atomic():
        person = locked(verified.found.account.id)
        throttle.was_right(verified.keys)
        ending.end_others(administrator_id=person.id, keep=None, now=now)
        trust.forget_all(person.id)
        link = _link(person, now=now)
        details: dict[str, Detail] = {"link": str(link.id)} if link else {}
        record(DEVICE_LOST, actor=verified.actor, details=details)


def devices(link: MailedLink) -> list[tuple[UUID, str, str]]:
    """Return the devices that a link can suspend: id, kind and name."""
    rows = Factor.objects.filter(USABLE, administrator_id=link.administrator_id)
    return list(rows.order_by("confirmed_at").values_list("id", "kind", "name"))


def suspend(*, token: str, chosen: Collection[str], client: ClientInfo, now: datetime) -> list[str]:
    """Suspend the devices that were chosen, by the mailed link; return their names. All sessions end.

    Raises what `mailed_links.find` raises, and `NoDeviceChosen`, which leaves the link as it is.
    """
    link = mailed_links.find(token, purposes=PURPOSES, now=now, host=client.host)
    person = link.administrator
    actor = Actor(person=person.who(), client=client, credential=by_link(link.id))
    with transaction.atomic():
        mailed_links.consume(link, now=now)
        locked(person.id)
        ids = [id for id, _kind, _name in devices(link) if str(id) in chosen]
        if not ids:
            raise NoDeviceChosen
        names = suspension.suspend(person.id, now=now, only=ids)
        ending.end_others(administrator_id=person.id, keep=None, now=now)
        for name in names:
            record(DEVICE_SUSPENDED, actor=actor, typed={"factor": name})
    return names


def _link(person: Administrator, *, now: datetime) -> MailedLink | None:
    """Return the link to mail, in the caller's transaction; None where nothing can be suspended.

    One that still works for long enough is mailed again: whoever reports again and again takes no link away from the
    owner, makes no more of them, and spends nothing that a forgotten password needs.
    """
    if not Factor.objects.filter(USABLE, administrator=person).exists():
        return None
    rows = MailedLink.objects.filter(
        administrator=person,
        purpose=LinkPurpose.LOST,
        used_at__isnull=True,
        revoked_at__isnull=True,
    )
    young = rows.filter(expires_at__gt=now + LEFT_AT_LEAST, created_at__lte=now + SKEW)
    return young.order_by("-created_at").first() or mailed_links.make(
        LinkPurpose.LOST, administrator_id=person.id, now=now
    )
