"""What is read of help: which ways somebody has, and the requests of a customer's people."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from doorward.accounts.looking_after import who_look_after
from doorward.accounts.models import Administrator
from doorward.credentials.recovery_codes import codes
from doorward.credentials.suspension import can_be_taken_back
from doorward.customers.models import CustomerKind
from doorward.policy.fields import RecoveryBy, SupportAccess
from doorward.policy.loading import policies_of
from doorward.recovery import impostor, request_state, waiting
from doorward.recovery.models import PENDING, RecoveryRequest, SetUpPass, State, Way
from doorward.recovery.rules import PASS_TRIES

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.kernel.errors import Refusal
    from doorward.sessions.context import AuthContext


@dataclass(frozen=True, slots=True)
class Ways:
    """What somebody can do who cannot do the second step. `wait_hours`: 0 where waiting is not allowed."""

    codes: bool
    devices: bool
    found: bool
    colleague: bool
    wait_hours: int
    support: bool

    @property
    def several(self) -> bool:
        """Whether there is more than one."""
        return sum(bool(getattr(self, one.name)) for one in fields(self)) > 1


def ways_of(auth: AuthContext, *, now: datetime) -> Ways:
    """Return the ways of somebody whose password was right."""
    person = _person(auth)
    values = policies_of(person.customer).values(now=now)
    is_customer = person.customer.kind == CustomerKind.CUSTOMER
    colleagues = who_look_after(Administrator.objects.of(person.customer_id))
    by_colleagues = values.recovery_by is not RecoveryBy.PROVIDER
    return Ways(
        codes=codes.left(person.id) > 0,
        devices=sum(row.usable for row in auth.factors) > 1,
        found=bool(can_be_taken_back(auth, now=now).factors),
        colleague=by_colleagues and colleagues.exclude(id=person.id).exists(),
        wait_hours=waiting.hours_for(person, now=now),
        support=is_customer and values.support_access is not SupportAccess.NEVER,
    )


def why_not_wait(auth: AuthContext, *, now: datetime) -> Refusal | None:
    """Return why somebody may not ask to wait; None: they may, or wait already."""
    return waiting.why_not(_person(auth), now=now)


def _person(auth: AuthContext) -> Administrator:
    people = Administrator.objects.everywhere().select_related("customer__brand")
    return people.get(id=auth.person.id)


def waits_until(administrator_id: UUID) -> datetime | None:
    """Return until when somebody waits who asked for it; None: they did not."""
    rows = RecoveryRequest.objects.filter(
        administrator_id=administrator_id, way=Way.WAITING, state__in=PENDING
    )
    return rows.values_list("due_at", flat=True).first()


@dataclass(frozen=True, slots=True)
class Listed:
    """A request as colleagues, or support, see it, and what the one who looks may do with it."""

    request: RecoveryRequest
    mine: bool
    own: bool
    completed_at: datetime | None
    may_agree: bool
    may_fetch: bool
    may_refuse: bool
    may_say_who: bool
    may_deny: bool
    # Its pass works no longer, because wrong ones were typed too often.
    guessed_at: bool

    @property
    def by_support(self) -> bool:
        """Whether the provider's support asked for it."""
        return self.request.way == Way.SUPPORT

    @property
    def waits(self) -> bool:
        """Whether they asked for it themselves, and wait: nobody helps."""
        return self.request.way == Way.WAITING

    @property
    def lapses_at(self) -> datetime | None:
        """When it ends if nobody says anything."""
        return request_state.ends_at(self.request)


def listed(customer_id: UUID, *, me: UUID, now: datetime, limit: int = 50) -> list[Listed]:
    """Return the requests of a customer, the newest first."""
    rows = list(_rows(customer_id).order_by("-asked_at")[:limit])
    passes = SetUpPass.objects.in_bulk([row.id for row in rows], field_name="request_id")
    return [_listed(row, passes.get(row.id), me=me, now=now) for row in rows]


def of_support(customer_id: UUID, *, me: UUID, now: datetime, limit: int = 20) -> list[Listed]:
    """Return what support has asked for at a customer, the newest first, as one of the support sees it."""
    rows = _rows(customer_id).filter(way=Way.SUPPORT).order_by("-asked_at")[:limit]
    return [_listed(row, _pass_of(row), me=me, now=now) for row in rows]


def find(request_id: UUID, *, customer_id: UUID, me: UUID, now: datetime) -> Listed | None:
    """Return one of them; None: there is none, or it is another customer's."""
    row = _rows(customer_id).filter(id=request_id).first()
    if row is None:
        return None
    return _listed(row, _pass_of(row), me=me, now=now)


def _pass_of(row: RecoveryRequest) -> SetUpPass | None:
    return SetUpPass.objects.filter(request=row).first()


def _rows(customer_id: UUID) -> QuerySet[RecoveryRequest]:
    people = ("administrator", "asked_by", "approved_by", "closed_by")
    return RecoveryRequest.objects.select_related(*people).filter(
        administrator__customer_id=customer_id
    )


def _listed(row: RecoveryRequest, issued: SetUpPass | None, *, me: UUID, now: datetime) -> Listed:
    mine, own = row.asked_by_id == me, row.administrator_id == me
    completed_at = impostor.completed_at(issued) if issued else None
    in_time = issued is not None and request_state.in_time(issued, now=now)
    used_at = issued.used_at if issued else None
    is_open = row.state in {State.OPEN, State.APPROVED, State.ISSUED}
    back = completed_at is not None and not own and in_time
    unused = issued is None or (issued.ended_at is None and now < issued.expires_at)
    return Listed(
        request=row,
        mine=mine,
        own=own,
        completed_at=completed_at,
        may_agree=row.state == State.OPEN and row.second and not mine and not own,
        may_fetch=request_state.reader_of(row) == me and request_state.may_be_fetched(row, now=now),
        may_refuse=is_open and completed_at is None and (unused or used_at is not None),
        may_say_who=back and row.state == State.ISSUED,
        may_deny=back and row.state in {State.ISSUED, State.CONFIRMED},
        guessed_at=used_at is None and issued is not None and issued.tries >= PASS_TRIES,
    )
