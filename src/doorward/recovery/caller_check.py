"""The caller check: support and a person on the phone make sure of each other before they go on.

Each reads out the code on their own screen, and types the one they hear: only who is signed in sees either of them. A
check opens nothing and changes nothing; it says who is at the other end. It takes two minutes and three tries a side.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import F

from doorward.accounts.account import locked
from doorward.accounts.locking import must_still_may
from doorward.accounts.models import Administrator, Status
from doorward.audit.actor import Actor, ClientInfo
from doorward.audit.events import Outcome
from doorward.audit.record import record
from doorward.customers.models import CustomerStatus
from doorward.customers.rights import authorise, is_allowed
from doorward.kernel.crypto.sealing import keyed_hash
from doorward.kernel.text.cleaning import fold_email
from doorward.permissions.actions import Action
from doorward.recovery.errors import (
    CallerCheckOver,
    CallerCodeWrong,
    NobodyToCheck,
    TooManyChecks,
)
from doorward.recovery.events import CALLER_CHECK_BEGUN, CALLER_CHECK_FAILED, CALLER_CHECKED
from doorward.recovery.models import CallerCheck

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.events import EventType
    from doorward.kernel.errors import Refusal

LASTS: Final = timedelta(minutes=2)
TRIES: Final = 3
# Who begins again so soon pressed twice.
TWICE: Final = timedelta(seconds=30)
KEEP: Final = timedelta(days=1)
# So many may one of the staff begin in an hour.
IN_AN_HOUR: Final = 30
_DIGITS: Final = 6


class Side(StrEnum):
    """Who reads, and who types."""

    STAFF = "staff"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Seen:
    """A check as one side sees it: what to read out ('': not yet), what is left of it, and who is right so far."""

    id: UUID
    code: str
    other: str
    other_customer: str
    until: datetime
    tries_left: int
    own_right: bool
    other_right: bool

    @property
    def passed(self) -> bool:
        """Whether both have made sure of each other."""
        return self.own_right and self.other_right


def begin(customer_id: UUID, email: str, *, actor: Actor, now: datetime) -> UUID:
    """Begin a check with somebody of this customer; one that was open is over. Return its id.

    Of two presses the second leads to the check that the first began, as long as nobody has typed anything.
    Raises `NobodyToCheck` and `TooManyChecks`.
    """
    authorise(actor, Action.BEGIN_CALLER_CHECK, customer_id)
    people = Administrator.objects.of(customer_id).filter(
        email_folded=fold_email(email.replace("\0", ""))[:320],
        status=Status.ACTIVE,
        customer__status=CustomerStatus.ACTIVE,
    )
    staff = actor.person
    with transaction.atomic():
        must_still_may(actor, Action.BEGIN_CALLER_CHECK, customer_id)
        person_id = people.values_list("id", flat=True).first()
        if person_id is None or staff is None or person_id == staff.id:
            raise NobodyToCheck
        locked(person_id)
        if (just_begun := _just_begun(person_id, staff.id, now=now)) is not None:
            return just_begun
        mine = CallerCheck.objects.filter(staff_id=staff.id, begun_at__gt=now - timedelta(hours=1))
        if mine.count() >= IN_AN_HOUR:
            raise TooManyChecks
        CallerCheck.objects.filter(administrator_id=person_id, ended_at=None).update(ended_at=now)
        made = CallerCheck.objects.create(
            administrator_id=person_id, staff_id=staff.id, begun_at=now
        )
        _record(CALLER_CHECK_BEGUN, made.id, actor=actor)
    return made.id


def _just_begun(person_id: UUID, staff_id: UUID, *, now: datetime) -> UUID | None:
    untouched = CallerCheck.objects.filter(
        administrator_id=person_id,
        staff_id=staff_id,
        begun_at__gt=now - TWICE,
        ended_at__isnull=True,
        staff_tries=0,
        person_tries=0,
    )
    return untouched.values_list("id", flat=True).first()


def of_staff(check_id: UUID, *, customer_id: UUID, staff_id: UUID, now: datetime) -> Seen | None:
    """Return a check as who began it sees it; None: it is over, somebody else's, or of another customer."""
    rows = CallerCheck.objects.filter(
        id=check_id, staff_id=staff_id, administrator__customer_id=customer_id
    )
    return _seen(rows, Side.STAFF, now=now)


def of_person(person_id: UUID, *, now: datetime) -> Seen | None:
    """Return the check that runs with somebody, as they see it; None: there is none."""
    return _seen(CallerCheck.objects.filter(administrator_id=person_id), Side.PERSON, now=now)


def answer_as_staff(check_id: UUID, code: str, *, actor: Actor, now: datetime) -> None:
    """Take what staff heard. Raises `CallerCodeWrong` or `CallerCheckOver`."""
    authorise(actor, Action.BEGIN_CALLER_CHECK, _customer_of(check_id))
    staff_id = actor.person.id if actor.person else None
    _answer(
        CallerCheck.objects.filter(id=check_id, staff_id=staff_id),
        Side.STAFF,
        code,
        actor=actor,
        now=now,
    )


def answer_as_person(administrator_id: UUID, code: str, *, actor: Actor, now: datetime) -> None:
    """Take what the person heard. Raises `CallerCodeWrong` or `CallerCheckOver`."""
    authorise(actor, Action.ANSWER_CALLER, subject=administrator_id)
    rows = CallerCheck.objects.filter(administrator_id=administrator_id)
    _answer(rows, Side.PERSON, code, actor=actor, now=now)


def passed_at(staff_id: UUID | None, person_id: UUID, *, since: datetime) -> datetime | None:
    """Return when these two last made sure of each other since then; None: they did not."""
    rows = CallerCheck.objects.filter(
        staff_id=staff_id,
        administrator_id=person_id,
        staff_right_at__gt=since,
        person_right_at__gt=since,
    )
    return rows.order_by("-begun_at").values_list("person_right_at", flat=True).first()


def forget(*, now: datetime) -> int:
    """Delete checks of long ago; history keeps what came of them."""
    return CallerCheck.objects.filter(begun_at__lt=now - KEEP).delete()[0]


def code_of(check_id: UUID, side: Side) -> str:
    """Return the code on a side's screen: secret, made of the id, and stored nowhere."""
    number = int.from_bytes(keyed_hash("caller-check", f"{check_id}/{side}")[:8], "big")
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def _customer_of(check_id: UUID) -> UUID | None:
    rows = CallerCheck.objects.filter(id=check_id)
    return rows.values_list("administrator__customer_id", flat=True).first()


def _running(rows: QuerySet[CallerCheck], *, now: datetime) -> QuerySet[CallerCheck]:
    return rows.filter(ended_at__isnull=True, begun_at__gt=now - LASTS)


def _seen(rows: QuerySet[CallerCheck], side: Side, *, now: datetime) -> Seen | None:
    people = ("administrator__customer", "staff__customer")
    check = _running(rows, now=now).select_related(*people).first()
    if check is None or not _may_still_ask(check):
        return None
    mine, theirs = check.staff_right_at, check.person_right_at
    other, tries = check.administrator, check.staff_tries
    if side is Side.PERSON:
        mine, theirs, other, tries = theirs, mine, check.staff, check.person_tries
    # Support reads first: whoever only says that they are support never hears the person's code.
    is_shown = side is Side.STAFF or mine is not None
    return Seen(
        id=check.id,
        code=code_of(check.id, side) if is_shown else "",
        other=other.full_name,
        other_customer=other.customer.name,
        until=check.begun_at + LASTS,
        tries_left=TRIES - tries,
        own_right=mine is not None,
        other_right=theirs is not None,
    )


def _may_still_ask(check: CallerCheck) -> bool:
    """Return whether who began it could still begin it: else nobody is told that they are of the support."""
    staff = Actor(person=check.staff.who(), client=ClientInfo())
    return is_allowed(staff, Action.BEGIN_CALLER_CHECK, check.administrator.customer_id)


def _answer(
    rows: QuerySet[CallerCheck], side: Side, code: str, *, actor: Actor, now: datetime
) -> None:
    with transaction.atomic():
        refusal = _look(rows, side, code, actor=actor, now=now)
    if refusal is not None:
        raise refusal


def _look(
    rows: QuerySet[CallerCheck], side: Side, code: str, *, actor: Actor, now: datetime
) -> Refusal | None:
    """Count the try, then look; return what refuses, so that its count is committed."""
    tries = f"{side}_tries"
    people = ("administrator", "staff__customer")
    check = _running(rows, now=now).select_related(*people).first()
    if check is None or not _may_still_ask(check):
        return CallerCheckOver()
    check_id = check.id
    mine = _running(CallerCheck.objects.filter(id=check_id), now=now)
    if not mine.filter(**{f"{tries}__lt": TRIES}).update(**{tries: F(tries) + 1}):
        return CallerCheckOver()
    other = Side.PERSON if side is Side.STAFF else Side.STAFF
    heard = code_of(check_id, other)
    typed = "".join(filter(str.isdigit, code))[:20]
    if not compare_digest(typed.encode(), heard.encode()):
        mine.filter(**{f"{tries}__gte": TRIES}).update(ended_at=now)
        reason = {"reason": CallerCodeWrong.code}
        _record(CALLER_CHECK_FAILED, check_id, actor=actor, outcome=Outcome.FAILED, details=reason)
        return CallerCodeWrong()
    mine.filter(**{f"{side}_right_at__isnull": True}).update(**{f"{side}_right_at": now})
    if mine.filter(**{f"{other}_right_at__isnull": False}).exists():
        _record(CALLER_CHECKED, check_id, actor=actor)
    return None


def _record(
    event_type: EventType,
    check_id: UUID,
    *,
    actor: Actor,
    outcome: Outcome = Outcome.OK,
    details: dict[str, str] | None = None,
) -> None:
    """Record it at the customer and at the provider: both sides see it."""
    check = CallerCheck.objects.select_related("administrator__customer", "staff__customer").get(
        id=check_id
    )
    for customer in {check.administrator.customer, check.staff.customer}:
        record(
            event_type,
            actor=actor,
            subject=check.administrator.who(),
            outcome=outcome,
            customer=(customer.id, customer.name),
            details=details,
        )
