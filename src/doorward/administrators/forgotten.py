"""Forgotten passwords: a stranger's form leaves one row, whoever's e-mail it names; the rest is done later.

Looked up at once, the e-mail of somebody would take longer than nobody's, and tell so.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from django.db import DatabaseError, transaction

from doorward.administrators import links, places
from doorward.administrators.models import Administrator, AskedLink, LinkPurpose, Status
from doorward.audit import repeats
from doorward.audit.events import Kind, Outcome
from doorward.audit.origin import By, Origin
from doorward.audit.services import record
from doorward.core.errors import MustWait, WrongStatus
from doorward.core.moments import lasts
from doorward.core.text import fold_email
from doorward.customers.models import CustomerStatus
from doorward.safe import throttle
from doorward.safe.vault import SealBroken, open_sealed, seal

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.administrators.models import MailedLink

_log = logging.getLogger("doorward.administrators")

AT_ONCE: Final = 100


def ask(*, email: str, origin: Origin, now: datetime) -> None:
    """Have a reset link mailed, if there is somebody active with that e-mail; never says whether.

    Raises `MustWait` for an address that asks too much.
    """
    throttle.spend([throttle.address_key(origin.address, throttle.Rule.ASKING)], now=now)
    folded = fold_email(email.replace("\0", ""))[:320]
    asked_id = uuid4()
    AskedLink.objects.create(
        id=asked_id,
        email=seal(folded.encode(), **places.of_asked_link(asked_id)),
        address=origin.address[:64],
        browser=origin.browser[:300],
        request_id=origin.request_id[:40],
        asked_at=now,
    )


def answer(*, now: datetime) -> int:
    """Make the links that were asked for and record it; return how many were asked for.

    Who asks too often for one e-mail gets no further mail: a link that was mailed in the last hour works
    still. What was asked for while nothing was done for longer than a link lives is forgotten.
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
            if lasts(asked.asked_at, links.LIFETIMES[LinkPurpose.RESET], now=now):
                _make(asked, now=now)
    except DatabaseError:
        raise
    except Exception:  # noqa: BLE001 - one must not keep all others waiting
        _log.exception("a link that was asked for could not be made")
        AskedLink.objects.filter(id=id).delete()


def _make(asked: AskedLink, *, now: datetime) -> None:
    try:
        email = open_sealed(asked.email or b"", **places.of_asked_link(asked.id)).decode()
        throttle.spend(throttle.mail_keys(throttle.Mail.ASKED, email), now=now)
    except (MustWait, SealBroken):  # Its key left the ring: another one can be asked for.
        return
    origin = Origin(address=asked.address, browser=asked.browser, request_id=asked.request_id)
    by = By(who=None, origin=origin)
    person = (
        Administrator.objects.everywhere()
        .select_related("customer")
        .filter(email_folded=email, status=Status.ACTIVE)
        .filter(customer__status=CustomerStatus.ACTIVE)
        .first()
    )
    link = _link(person, now=now)
    if person is None or link is None:
        repeats.record_once(
            Kind.PASSWORD_LINK_ASKED, by=by, outcome=Outcome.FAILED, details={}, now=now
        )
        return
    details = {"link": str(link.id)}
    record(Kind.PASSWORD_LINK_ASKED, by=by, subject=person.who(), details=details)


def _link(person: Administrator | None, *, now: datetime) -> MailedLink | None:
    """Return a link for this person; None where there is nobody, or they were suspended just now."""
    if person is None:
        return None
    try:
        return links.make(LinkPurpose.RESET, administrator_id=person.id, now=now)
    except WrongStatus:
        return None
