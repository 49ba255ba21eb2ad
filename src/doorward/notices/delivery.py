"""Delivering: claim what is due, write the letter from rows, send it, mark it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.conf import settings

from doorward.notices import outbox
from doorward.notices.enclosed import NoLongerWanted
from doorward.notices.letter import write
from doorward.notices.mail import NotSent, Send, open_mail

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from doorward.notices.models import Delivery

_log = logging.getLogger("doorward.notices")


def deliver_due(
    *, clock: Callable[[], datetime], stopped: Callable[[], bool] = lambda: False
) -> int:
    """Send all that is due, one after the other; give how many were sent.

    `clock` tells the time of each step, `stopped` whether to leave the rest for another day.
    """
    sent = 0
    with open_mail(settings.DOORWARD.mail_server) as send:
        while not stopped():
            delivery = outbox.claim(now=clock())
            if delivery is None:
                break
            sent += _deliver(delivery, send, clock=clock)
    return sent


def _deliver(delivery: Delivery, send: Send, *, clock: Callable[[], datetime]) -> bool:
    try:
        send(write(delivery, now=clock()))
    except NoLongerWanted as reason:
        outbox.give_up(delivery, reason=str(reason))
        _log.info("message %s (%s) is not sent: %s", delivery.id, delivery.template, reason)
        return False
    except NotSent as error:
        outbox.mark_failed(delivery, error=str(error), now=clock())
        _log.warning("message %s (%s) not sent: %s", delivery.id, delivery.template, error)
        return False
    except Exception as error:  # noqa: BLE001 - one message must not keep the others waiting
        outbox.mark_failed(delivery, error=type(error).__name__, now=clock())
        _log.exception("message %s (%s) could not be made", delivery.id, delivery.template)
        return False
    outbox.mark_sent(delivery, now=clock())
    _log.info("message %s (%s) sent", delivery.id, delivery.template)
    return True
