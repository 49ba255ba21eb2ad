"""What people do in the show of many machines, what they saw fail, and what must hold in the end."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import count
from typing import TYPE_CHECKING, Any

from django.db import connections

from doorward.audit.models import Event
from doorward.notifications.models import Delivery, State
from doorward.sessions.events import SIGNED_IN
from tests.faults import invariants, journeys, people
from tests.faults.journeys import Over, Visitor
from tests.faults.postman import Postman
from tests.kit import people as kit_people
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tests.faults.ledger import Somebody
    from tests.faults.nodes import Nodes
    from tests.faults.patroni import Pair
    from tests.faults.people import Plan
    from tests.kit.wire import Answer

JOURNEYS = (journeys.sign_in, journeys.enable, journeys.require, journeys.disable)
# A journey of six requests, with what one thinks between them, takes at least so long.
JOURNEY_SECONDS = 12
_SERVER_ERROR = 500


class Failed(OSError):
    """Somebody saw that it did not work."""


@dataclass
class Guest(Visitor):
    """A visitor who thinks before each request, and whose show counts what they see."""

    show: Show = field(kw_only=True)

    def send(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        if self.show.over.is_set():
            raise Over
        time.sleep(self.show.chance.uniform(*self.show.thinks))
        self.show.count("requests")
        try:
            answer = super().send(method, path, body, **headers)
        except (OSError, HTTPException) as error:
            self.show.count(f"failed: {type(error).__name__} on {method}")
            raise Failed from error
        if answer.status >= _SERVER_ERROR:
            # The portal's own page, or the balancer's.
            whose = "portal" if answer.header("X-Request-ID") else "balancer"
            self.show.count(f"failed: {answer.status} of the {whose} on {method}")
            raise Failed
        return answer


@dataclass
class Show:
    """One show.

    `moved`: for how many seconds nothing could be written, at each move of the primary. `waits`: for how long whoever
    saw it fail; the page says five seconds.
    """

    nodes: Nodes
    pair: Pair
    chance: Random
    people: int
    thinks: tuple[float, float]
    raced: int
    waits: float = 5.0
    over: threading.Event = field(default_factory=threading.Event)
    moved: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    begun: list[Plan] = field(default_factory=list)
    _ends: list[str] = field(default_factory=lambda: ["journeys"])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _addresses: Iterator[int] = field(default_factory=lambda: iter(count(1)))

    def get_ready(self, seconds: float) -> None:
        """Make everybody who will come in so many seconds, before anything dies."""
        self.postman = Postman(self.nodes.box)
        customer = kit_people.make_customer()
        each = max(2, int(seconds // JOURNEY_SECONDS) + 1)
        self.plans = [
            [
                people.plan(JOURNEYS[(number + turn) % len(JOURNEYS)], customer)
                for turn in range(each)
            ]
            for number in range(self.people)
        ]

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def count_from_now(self, what: str) -> None:
        """Count journeys that end from now on under this name, too."""
        with self._lock:
            self._ends.append(what)
            self.counts[what] = 0

    def guest(self) -> Guest:
        number = next(self._addresses)
        return Guest(
            self.nodes.port,
            self.nodes.address,
            address=f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
            postman=self.postman,
            show=self,
        )

    def walk(self, number: int) -> None:
        """Go through the journeys of one person after the other, until the show is over."""
        for turn, plan in enumerate(self.plans[number]):
            with self._lock:
                self.begun.append(plan)
            try:
                if plan.journey is journeys.sign_in and turn % self.raced == 0:
                    self._race(plan)
                else:
                    plan.walk(self.guest())
                for what in list(self._ends):
                    self.count(what)
            except Over:
                return
            except Failed:
                self.over.wait(self.waits)

    def _race(self, plan: Plan) -> None:
        """Sign in, and send the same code from two browsers at once: they come to different nodes."""
        who, both = plan.who, [self.guest(), self.guest()]
        with who.asks(SIGNED_IN):
            for one in both:
                one.went("/sign-in/", email=who.known.email, password=who.known.password, next="")
            code = journeys.code_of(who)
            with ThreadPoolExecutor(2) as pool:
                sent = [pool.submit(one.post, "/sign-in/code/", code=code) for one in both]
            answers = [asked.result().status for asked in sent if not asked.exception()]
            assert answers.count(303) <= 1, "a code was accepted twice"
            self.count("codes sent twice at once")
            for asked in sent:
                asked.result()
            both[answers.index(303)].shown("/")

    def everybody(self) -> list[Somebody]:
        return [who for plan in self.begun for who in plan.people]

    def look(self, *, in_a_hurry: bool = False) -> dict[str, Any]:
        """Hold everything against what people were told; return the figures.

        `in_a_hurry`: what a killed worker had taken is another's at once, and not when its lease ends.
        """
        connections.close_all()
        invariants.history_holds()
        for who in self.everybody():
            invariants.hold_for(who)
        if in_a_hurry:
            Delivery.objects.filter(state=State.DUE).update(lease_until=None)
        until(
            lambda: (
                not Delivery.objects.filter(state=State.DUE).exists()
                and not Event.objects.filter(dispatched_at__isnull=True).exists()
            ),
            seconds=150,  # what a killed worker had taken is another's after its lease
        )
        mails = invariants.mail_arrived(self.postman.received())
        failed = sum(number for what, number in self.counts.items() if what.startswith("failed"))
        return {
            **self.counts,
            "failures": failed,
            "failures in a hundred": round(100 * failed / self.counts["requests"], 2),
            "nodes killed": self.nodes.kills,
            "seconds without writes": self.moved,
            "acknowledged changes": sum(who.happened.total() for who in self.everybody()),
            "mails": mails,
        }
