"""Which open sessions would be stopped: the gate lets them through now, and would not any more."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from doorward.credentials.models import TrustedBrowser
from doorward.credentials.trusted_browsers.trust import facts_of_trust
from doorward.gate.loading import SESSION_FACTS, session_facts
from doorward.gate.many import factors_of
from doorward.gate.requirement import Step
from doorward.policy.session_lengths import LONGEST_SECONDS
from doorward.rollout.rules import step_of
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.customers.models import Customer
    from doorward.gate.many import Alike
    from doorward.policy.effective import Policies
    from doorward.sessions.context import FactorRow
    from doorward.sessions.facts import Facts, SessionFacts, TrustFacts

_LONGEST: Final = timedelta(seconds=LONGEST_SECONDS)


@dataclass(slots=True)
class Opened:
    """One person's sessions that may be open, with what they were verified with."""

    sessions: list[tuple[UUID, UUID | None, SessionFacts]] = field(default_factory=list)
    factors: tuple[FactorRow, ...] = ()
    trusts: list[TrustFacts] = field(default_factory=list)
    security_version: int = 0

    def stopped(
        self, before: Alike, after: Alike, policies: tuple[Policies, Policies], *, now: datetime
    ) -> list[UUID]:
        """Return the sessions that are through as things are, and would not be, not even with the set-up put off."""
        was, then = (
            replace(
                one.changed(security_version=self.security_version), factors=self.factors
            ).facts(asked, now=now)
            for one, asked in zip((before, after), policies, strict=True)
        )
        at_home = {None, before.row["customer_brand_id"]}
        return [
            session_id
            for session_id, brand_id, session in self.sessions
            if brand_id in at_home
            and self._through(was, session, now=now)
            and not self._through(then, replace(session, put_off=True), now=now)
        ]

    def _through(self, facts: Facts, session: SessionFacts, *, now: datetime) -> bool:
        """Return whether the gate lets a session on, in whichever of their trusted browsers it may be."""
        return any(
            step_of(replace(facts, session=session, trust=trust), now=now) is Step.THROUGH
            for trust in (None, *self.trusts)
        )


def read(customers: QuerySet[Customer], *, now: datetime) -> dict[UUID, Opened]:
    """Return whose sessions may be open at these customers, by person; in three queries, however many there are."""
    since = now - _LONGEST
    rows = Session.objects.filter(
        administrator__customer__in=customers,
        administrator__last_signed_in_at__gt=since,
        signed_in_at__gt=since,
        ended_at__isnull=True,
    )
    found: dict[UUID, Opened] = {}
    of = ("id", "brand_id", "administrator_id", "administrator__security_version")
    for row in rows.order_by().values(*of, *SESSION_FACTS):
        mine = found.setdefault(row["administrator_id"], Opened())
        mine.sessions.append((row["id"], row["brand_id"], session_facts(row)))
        mine.security_version = row["administrator__security_version"]
    if found:
        whose = rows.values("administrator_id")
        for person_id, factors in factors_of(whose).items():
            found[person_id].factors = factors
        for person_id, trust in _trusts(whose):
            found[person_id].trusts.append(trust)
    return found


def _trusts(whose: QuerySet[Session, Any]) -> Iterator[tuple[UUID, TrustFacts]]:
    for row in TrustedBrowser.objects.filter(administrator__in=whose):
        yield row.administrator_id, facts_of_trust(row)
