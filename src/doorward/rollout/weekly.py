"""The weekly mail of adoption, to who wants it: their own customer's numbers, or those of all customers.

When the next one goes is written in the transaction of its event, so that nobody gets two of one week. Whoever has lost
the right to the numbers gets none, and is forgotten here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from doorward.audit.actor import WORKER, Actor, ClientInfo
from doorward.audit.record import record
from doorward.customers.models import CustomerStatus
from doorward.customers.rights import authorise, is_allowed
from doorward.kernel.clock_set_back import SKEW
from doorward.kernel.errors import NotFound
from doorward.permissions.actions import Action
from doorward.rollout.events import ADOPTION_MAIL_CHANGED, ADOPTION_MAILED
from doorward.rollout.models import AdoptionMail
from doorward.sessions.lock import hold

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.accounts.models import Administrator

WEEK: Final = timedelta(days=7)
# On Mondays, at this hour (UTC).
HOUR: Final = 6
PAGE: Final = 100
_PAGES_AT_ONCE: Final = 10


def choose(*, wanted: bool, customer_id: UUID | None, actor: Actor, now: datetime) -> None:
    """Have oneself sent a customer's numbers once a week, or (None) those of all together; or no longer."""
    authorise(actor, _action(customer_id), customer_id)
    if actor.person is None:
        raise NotFound
    of_all = customer_id is None
    mine = AdoptionMail.objects.filter(administrator_id=actor.person.id, of_all=of_all)
    with transaction.atomic():
        # Their row is the lock: of two windows the second one finds what the first one wrote.
        hold(actor.person.id)
        if wanted is mine.exists():
            return
        if wanted:
            mine.create(administrator_id=actor.person.id, of_all=of_all, next_at=next_after(now))
        else:
            mine.delete()
        record(ADOPTION_MAIL_CHANGED, actor=actor)


def wants(administrator_id: UUID, *, of_all: bool) -> bool:
    """Return whether somebody wants the mail."""
    return AdoptionMail.objects.filter(administrator_id=administrator_id, of_all=of_all).exists()


def still_wanted(person: Administrator, *, of_all: bool) -> bool:
    """Return whether somebody wants the mail, and may read what is in it."""
    return wants(person.id, of_all=of_all) and _may(person, of_all=of_all)


def send_due(*, now: datetime) -> int:
    """Record the mail of everybody whose week is over, each once; return how many. For the worker."""
    # Nobody waits for longer than a week: what was written by a clock that was ahead is set right with it.
    latest = next_after(now + SKEW)
    ahead = AdoptionMail.objects.filter(next_at__gt=latest)
    if ahead.exists():
        ahead.update(next_at=latest)
    due = AdoptionMail.objects.filter(next_at__lte=now).order_by("next_at", "id")
    sent = 0
    for _page in range(_PAGES_AT_ONCE):
        # Only looked at first: on SQLite a transaction, even of nothing, keeps writers waiting.
        if not due.exists():
            break
        with transaction.atomic():
            rows = due.select_related("administrator__customer")
            mails = list(rows.select_for_update(of=("self",), skip_locked=True)[:PAGE])
            sent += sum(_send(mail, now=now) for mail in mails)
        if not mails:
            break
    return sent


def next_after(moment: datetime) -> datetime:
    """Return the Monday morning after a moment."""
    monday = moment - timedelta(days=moment.weekday())
    at = monday.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return at if at > moment else at + WEEK


def _send(mail: AdoptionMail, *, now: datetime) -> bool:
    if mail.administrator.customer.status != CustomerStatus.ACTIVE:
        # A suspended customer may be back next week, and then it is as its people had it.
        AdoptionMail.objects.filter(id=mail.id).update(next_at=next_after(now))
        return False
    if not _may(mail.administrator, of_all=mail.of_all):
        mail.delete()
        return False
    mail.next_at = next_after(now)
    mail.save(update_fields=["next_at"])
    details = {"of_all": mail.of_all}
    record(ADOPTION_MAILED, actor=WORKER, subject=mail.administrator.who(), details=details)
    return True


def _may(person: Administrator, *, of_all: bool) -> bool:
    whose = None if of_all else person.customer_id
    return is_allowed(Actor(person=person.who(), client=ClientInfo()), _action(whose), whose)


def _action(customer_id: UUID | None) -> Action:
    return Action.GET_ADOPTION_MAIL if customer_id else Action.GET_ADOPTION_MAIL_OF_ALL
