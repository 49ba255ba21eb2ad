"""Delivering: claim what is due, write the letter from rows, send it, mark it. When it is tried again: `retries.py`."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from django.db import DatabaseError, transaction

from doorward.accounts import undelivered
from doorward.accounts.models import MailProblem
from doorward.kernel.crypto.sealing import SealBroken
from doorward.kernel.metrics import counting
from doorward.kernel.metrics.declared import MAILS
from doorward.kernel.metrics.declared import Mail as Ended
from doorward.notifications import outbox, retries
from doorward.notifications.letter import write
from doorward.notifications.links_and_codes import NoLongerWanted
from doorward.notifications.mail import NotSent, open_mail

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from doorward.notifications.mail import Mail
    from doorward.notifications.models import Delivery

_log = logging.getLogger("doorward.notifications")

# As often as where nothing is due: to look takes as long as to send a short message.
LOOK_SECONDS: Final = 0.4

# What stood in the way of making a message and may be gone in a minute: the database, a disk, a key file.
_TRIED_AGAIN = (DatabaseError, OSError, SealBroken, MemoryError)


def deliver_due(
    *,
    clock: Callable[[], datetime],
    stopped: Callable[[], bool] = lambda: False,
    look: Callable[[], None] = lambda: None,
    before_sending: Callable[[], None] = lambda: None,
) -> int:
    """Send all that is due, one after the other; return how many were sent.

    `clock` tells the time of each step, `stopped` whether to leave the rest for another day. `look`
    looks for what has come to be due meanwhile: however much is waiting, what comes before it goes soon.
    `before_sending` is called where there is a message to send.
    """
    sent, looked = 0, float("-inf")
    with open_mail() as send:
        while not stopped():
            if is_time := time.monotonic() - looked >= LOOK_SECONDS:
                look()
                looked = time.monotonic()
            delivery = outbox.claim(now=clock())
            if delivery is None:
                if is_time:
                    break
                # What came meanwhile goes in this round, too.
                looked = float("-inf")
                continue
            before_sending()
            sent += _deliver(delivery, send, clock=clock)
    return sent


def _deliver(
    delivery: Delivery, send: Callable[[Mail], None], *, clock: Callable[[], datetime]
) -> bool:
    try:
        send(write(delivery, now=clock()))
    except NoLongerWanted as reason:
        outbox.give_up(delivery, reason=str(reason))
        counting.count(MAILS, Ended.DROPPED)
        _log.info("message %s (%s) is not sent: %s", delivery.id, delivery.template, reason)
        return False
    except (NotSent, *_TRIED_AGAIN) as error:
        _log.warning("message %s (%s) not sent: %s", delivery.id, delivery.template, _said(error))
        _try_again(delivery, error, now=clock())
        return False
    except Exception as error:  # noqa: BLE001 - one message must not keep the others waiting
        # It is made of rows and our own words: what fails today fails in three days, too.
        _give_up(delivery, type(error).__name__, MailProblem.NOT_MADE)
        _log.exception("message %s (%s) cannot be made", delivery.id, delivery.template)
        return False
    outbox.mark_sent(delivery, now=clock())
    counting.count(MAILS, Ended.SENT)
    undelivered.note_sent(delivery.administrator_id, address=delivery.address)
    _log.info("message %s (%s) sent", delivery.id, delivery.template)
    return True


def _try_again(delivery: Delivery, error: Exception, *, now: datetime) -> None:
    """Have it tried again, unless the mailbox refused it for good or that was the last try."""
    problem = error.problem if isinstance(error, NotSent) else MailProblem.NO
    wait = retries.wait_after(delivery.attempts)
    if problem or wait is None:
        _give_up(delivery, _said(error), problem or MailProblem.TOO_LONG)
    else:
        outbox.put_off(delivery, until=now + wait, error=_said(error))
        counting.count(MAILS, Ended.LATER)


def _said(error: Exception) -> str:
    """Return what may be kept of an error: our own words, or its name."""
    return str(error) if isinstance(error, NotSent) else type(error).__name__


def _give_up(delivery: Delivery, reason: str, problem: MailProblem) -> None:
    with transaction.atomic():
        if outbox.give_up(delivery, reason=reason):
            address = delivery.address
            undelivered.note_refused(delivery.administrator_id, address=address, problem=problem)
    counting.count(MAILS, Ended.REFUSED)
