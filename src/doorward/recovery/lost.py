"""A lost device, in one click: the password alone signs out everywhere; a mailed link suspends the device.

Whoever knows the password can do no more with it than sign the owner out, who is told. Suspending takes the mailbox as
well, and opens nothing: what is suspended is still there, so no password alone gets in (`credentials/suspension.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from doorward.accounts import mailed_links
from doorward.accounts.account import locked
from doorward.accounts.models import LinkPurpose
from doorward.audit.actor import Actor, by_link
from doorward.audit.record import record
from doorward.credentials import suspension
from doorward.credentials.models import USABLE, Factor
from doorward.credentials.trusted_browsers import trust
from doorward.kernel.errors import MustWait
from doorward.kernel.ratelimit import throttle
from doorward.kernel.text.cleaning import fold_email
from doorward.recovery.errors import NoDeviceChosen
from doorward.recovery.events import DEVICE_LOST, DEVICE_SUSPENDED
from doorward.sessions import ending
from doorward.signin import password as signin_password

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from doorward.accounts.models import Administrator, MailedLink
    from doorward.audit.actor import ClientInfo
    from doorward.audit.record import Detail

PURPOSES: Final = (LinkPurpose.LOST,)


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
    """Return a link to mail, the only one that works; None where nothing can be suspended, or too many were mailed."""
    mailed_links.revoke(person, purposes=PURPOSES, now=now)
    if not Factor.objects.filter(USABLE, administrator=person).exists():
        return None
    try:
        throttle.spend(throttle.mail_keys(throttle.Mail.ASKED, fold_email(person.email)), now=now)
    except MustWait:
        return None
    return mailed_links.make(LinkPurpose.LOST, administrator_id=person.id, now=now)
