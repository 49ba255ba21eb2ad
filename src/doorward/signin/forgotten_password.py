"""Forgotten passwords: a stranger's form leaves one row, whoever's e-mail it names; the rest is done later.

Looked up at once, the e-mail of somebody would take longer than nobody's, and tell so.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from django.db import DatabaseError, transaction

from doorward.accounts import mailed_links
from doorward.accounts.errors import WrongStatus
from doorward.accounts.models import Administrator, LinkPurpose, MailedLink, Status
from doorward.audit import repeats
from doorward.audit.actor import Actor, ClientInfo
from doorward.audit.events import Outcome
from doorward.audit.models import Event
from doorward.audit.record import record
from doorward.customers.models import CustomerStatus
from doorward.kernel.clock_set_back import lasts
from doorward.kernel.crypto.sealing import SealBroken, open_sealed, seal
from doorward.kernel.errors import MustWait
from doorward.kernel.ratelimit import limits, throttle
from doorward.kernel.text.cleaning import fold_email
from doorward.signin import sealed
from doorward.signin.events import PASSWORD_LINK_ASKED
from doorward.signin.models import AskedLink

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


_log = logging.getLogger("doorward.accounts")

AT_ONCE: Final = 100
# Who asks again so soon, in the same browser, pressed twice: the one mail is on its way.
TWICE: Final = timedelta(minutes=1)


def ask(*, email: str, client: ClientInfo, now: datetime) -> None:
    """Have a reset link mailed, if there is somebody active with that e-mail; never says whether.

    Raises `MustWait` for an address that asks too much.
    """
    throttle.spend([limits.address_key(client.address, limits.Rule.ASKING)], now=now)
    folded = fold_email(email.replace("\0", ""))[:320]
    asked_id = uuid4()
    AskedLink.objects.create(
        id=asked_id,
        email=seal(folded.encode(), **sealed.of_asked_link(asked_id)),
        address=client.address[:64],
        browser=client.browser[:300],
        request_id=client.request_id[:40],
        asked_at=now,
    )


def answer(*, now: datetime) -> int:
    """Make the links that were asked for and record it; return how many were asked for.

    Who asks too often for one e-mail gets no further mail: a link that was mailed in the last hour works
    still. Nor does who pressed twice. What was asked for while nothing was done for longer than a link lives
    is forgotten.
    """
    asked = list(AskedLink.objects.order_by("asked_at").values_list("id", flat=True)[:AT_ONCE])
    for id in asked:
        _answer_one(id, now=now)
    return len(asked)


def _answer_one(id: UUID, *, now: datetime) -> None:
    try:
        with transaction.atomic():
            rows = AskedLink.objects.filter(id=id)
            # Another worker's is passed over; on SQLite the transaction is the only writer.
            asked = rows.select_for_update(skip_locked=True).first()
            if asked is None:
                return
            rows.delete()
            if lasts(asked.asked_at, mailed_links.LIFETIME, now=now):
                _make(asked, now=now)
    except DatabaseError:
        raise
    except Exception:  # noqa: BLE001 - one must not keep all others waiting
        _log.exception("a link that was asked for could not be made")
        AskedLink.objects.filter(id=id).delete()


def _make(asked: AskedLink, *, now: datetime) -> None:
    try:
        email = open_sealed(asked.email or b"", **sealed.of_asked_link(asked.id)).decode()
        throttle.spend(limits.mail_keys(limits.Mail.ASKED, email), now=now)
    except (MustWait, SealBroken):  # Its key left the ring: another one can be asked for.
        return
    client = ClientInfo(address=asked.address, browser=asked.browser, request_id=asked.request_id)
    actor = Actor(person=None, client=client)
    person = (
        Administrator.objects.everywhere()
        .select_related("customer")
        .filter(email_folded=email, status=Status.ACTIVE)
        .filter(customer__status=CustomerStatus.ACTIVE)
        .first()
    )
    if person is not None and _is_on_its_way(person, asked):
        return
    link = _link(person, now=now)
    if person is None or link is None:
        repeats.record_once(
            PASSWORD_LINK_ASKED, actor=actor, outcome=Outcome.FAILED, details={}, now=now
        )
        return
    details = {"link": str(link.id)}
    record(PASSWORD_LINK_ASKED, actor=actor, subject=person.who(), details=details)


def _is_on_its_way(person: Administrator, asked: AskedLink) -> bool:
    """Return whether the same browser asked just before, and what it was mailed works."""
    events = Event.objects.filter(
        subject_id=person.id,
        type=PASSWORD_LINK_ASKED,
        address=asked.address,
        browser=asked.browser,
        at__gt=asked.asked_at - TWICE,
    )
    links = [link for link in events.values_list("details__link", flat=True) if link]
    open_ = MailedLink.objects.filter(id__in=links, used_at__isnull=True, revoked_at__isnull=True)
    return open_.exists()


def _link(person: Administrator | None, *, now: datetime) -> MailedLink | None:
    """Return a link for this person; None where there is nobody, or they were suspended just now."""
    if person is None:
        return None
    try:
        return mailed_links.make(LinkPurpose.RESET, administrator_id=person.id, now=now)
    except WrongStatus:
        return None
