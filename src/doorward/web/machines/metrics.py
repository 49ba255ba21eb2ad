"""Numbers for a monitor, in the text format of Prometheus (0.0.4). Nothing in them is about a person."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Count

import doorward
from doorward.audit.models import Event
from doorward.kernel import heartbeat
from doorward.notifications.models import Delivery, State
from doorward.sessions.models import Session
from doorward.web.http.readiness import waiting_since

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
# Whoever did nothing for longer is signed out by the longest idle time that a policy can have.
_USED_WITHIN: Final = timedelta(hours=1)


def write_metrics(*, now: datetime) -> str:
    """Return all numbers as they are now."""
    counted = Delivery.objects.exclude(state=State.SENT).values_list("state")
    by_state = dict(counted.annotate(number=Count("id")))
    late = int(waiting_since(now=now).total_seconds())
    beat = heartbeat.seen(heartbeat.WORKER)
    # Nothing was ever heard of a worker: no number is the right one.
    silent = [("", max(0, int((now - beat.at).total_seconds())))] if beat else []
    running = int(heartbeat.is_alive(beat, now=now))
    waiting = Event.objects.filter(dispatched_at__isnull=True).count()
    sessions = Session.objects.filter(
        ended_at__isnull=True, signed_in_at__isnull=False, seen_at__gt=now - _USED_WITHIN
    ).count()
    states = [
        (f'{{state="{state}"}}', by_state.get(state, 0)) for state in (State.DUE, State.GIVEN_UP)
    ]
    return "".join(
        (
            _gauge("info", "The version.", [(f'{{version="{doorward.__version__}"}}', 1)]),
            _gauge("deliveries", "Mails that are not sent.", states),
            _gauge("oldest_due_seconds", "How long the oldest event or mail waits.", [("", late)]),
            _gauge("events_waiting", "Events the worker has not looked at.", [("", waiting)]),
            _gauge("worker_running", "Whether a worker keeps saying so.", [("", running)]),
            _gauge("worker_silent_seconds", "Since when no worker has said so.", silent),
            _gauge("sessions_open", "Browsers that are signed in.", [("", sessions)]),
        )
    )


def _gauge(name: str, what: str, values: Iterable[tuple[str, int]]) -> str:
    head = f"# HELP doorward_{name} {what}\n# TYPE doorward_{name} gauge\n"
    return head + "".join(f"doorward_{name}{labels} {value}\n" for labels, value in values)
