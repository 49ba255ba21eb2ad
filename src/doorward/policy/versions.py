"""Saving a version of a policy or a minimum, planning it, and taking a planned one back.

What holds is read by the gate from customer and brand, where `refresh` writes what still matters of the series.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from django.db import transaction
from django.db.models import Count, F, Max

from doorward.audit.actor import WORKER
from doorward.audit.record import record
from doorward.customers import cached, protection
from doorward.customers.errors import UnknownTab
from doorward.customers.events import BRAND_CHANGED
from doorward.customers.models import Brand, Customer, CustomerKind, CustomerStatus
from doorward.customers.rights import authorise
from doorward.customers.tabs import all_keys
from doorward.kernel.errors import AlreadyRemoved, FieldsRefused, NotFound, Refusal
from doorward.kernel.text.cleaning import clean_line
from doorward.permissions.actions import Action
from doorward.permissions.protected_fields import Change
from doorward.policy import series as of_series
from doorward.policy.errors import (
    AlreadyInForce,
    GraceIsOver,
    PolicyChanged,
    StaffNeedTwoFactors,
    StartsTooLate,
    TabsMissing,
)
from doorward.policy.events import (
    MINIMUM_BEGAN,
    MINIMUM_CHANGED,
    MINIMUM_PLANNED,
    MINIMUM_WITHDRAWN,
    POLICY_BEGAN,
    POLICY_CHANGED,
    POLICY_PLANNED,
    POLICY_WITHDRAWN,
)
from doorward.policy.fields import (
    DEFAULTS,
    FIELDS,
    LOOSEST,
    RequiredOf,
    Values,
    changed,
    read,
    strictest,
)
from doorward.policy.grace import Member, day_of_version
from doorward.policy.models import PolicyVersion, WavePause
from doorward.policy.waves import midnight

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType
    from doorward.audit.record import Detail
    from doorward.policy.series import Series

LONGEST_REASON: Final = 300
LONGEST_PLAN: Final = timedelta(days=366)
_AT_ONCE: Final = 100
# What the provider's own people are asked at least, from the first day: no minimum of theirs may say less.
OF_STAFF: Final = replace(LOOSEST, required_of=RequiredOf.EVERYONE)
_ASKED_OF_STAFF: Final = ("required_of", "from_day", "newcomer_days", "waves")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose versions: a customer's own policy, or the provider's minimum for a customer or for a brand."""

    customer_id: UUID | None = None
    brand_id: UUID | None = None
    is_minimum: bool = False

    @property
    def default(self) -> Values:
        """What holds without any version."""
        return LOOSEST if self.is_minimum else DEFAULTS

    @property
    def column(self) -> str:
        """The column of customer or brand that has the series."""
        return "minimum" if self.is_minimum else "policy"

    @property
    def action(self) -> Action:
        """What changing these is."""
        if not self.is_minimum:
            return Action.CHANGE_POLICY
        return Action.CHANGE_BRAND if self.customer_id is None else Action.CHANGE_MINIMUM

    def rows(self) -> QuerySet[Any]:
        """Return the row of customer or brand that these belong to."""
        if self.brand_id is not None:
            return Brand.objects.filter(id=self.brand_id)
        return Customer.objects.select_related("brand").filter(id=self.of_customer)

    @property
    def of_customer(self) -> UUID:
        """The customer, where it is not a brand's."""
        if self.customer_id is None:
            raise TypeError
        return self.customer_id

    def versions(self) -> QuerySet[PolicyVersion]:
        """Return all versions there ever were."""
        if self.brand_id is not None:
            return PolicyVersion.objects.filter(brand_id=self.brand_id)
        rows = PolicyVersion.objects.filter(customer_id=self.of_customer)
        # As a value, not as a condition of its own: an index has it with the number.
        return rows.filter(is_minimum__in=(self.is_minimum,))

    def pauses(self) -> QuerySet[WavePause]:
        """Return all times in which a wave waited."""
        if self.brand_id is not None:
            return WavePause.objects.filter(brand_id=self.brand_id)
        return WavePause.objects.filter(customer_id=self.of_customer, is_minimum=self.is_minimum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A version to be saved. `starts_at`: from when; None, or what has gone by, is at once.

    `seen`: how far the series was when its writer looked (`seen_of`). `replaces`: a planned version that it takes the
    place of.
    """

    values: Values
    starts_at: datetime | None = None
    reason: str = ""
    seen: int | None = None
    replaces: UUID | None = None


def policy_of_customer(customer_id: UUID) -> Owner:
    """Return the owner of a customer's own policy."""
    return Owner(customer_id=customer_id)


def minimum_of_customer(customer_id: UUID) -> Owner:
    """Return the owner of the provider's minimum for a customer."""
    return Owner(customer_id=customer_id, is_minimum=True)


def minimum_of_brand(brand_id: UUID) -> Owner:
    """Return the owner of the provider's minimum for all customers of a brand."""
    return Owner(brand_id=brand_id, is_minimum=True)


def save(owner: Owner, wanted: Wanted, *, actor: Actor, now: datetime) -> PolicyVersion | None:
    """Save a version, and return it; None where nothing would change.

    Callers use the one of `credentials.trusted_browsers.policy_change`, which also ends what it no longer allows.
    Raises `FieldsRefused`, `PolicyChanged` where somebody saved another one since, `ProtectionRefused`, `NotFound`,
    and `AlreadyInForce` where what it replaces has taken effect.
    """
    authorise(actor, owner.action, owner.customer_id, brand_id=owner.brand_id)
    reason = clean_line(wanted.reason, maximum=LONGEST_REASON)
    with locked(owner) as row:
        # Once more: who waited for the lock may have lost the right.
        authorise(actor, owner.action, owner.customer_id, brand_id=owner.brand_id)
        number = _next_number(owner, wanted)
        if wanted.replaces is not None:
            withdraw(wanted.replaces, owner, actor=actor, now=now)
            row.refresh_from_db(fields=[owner.column])
        there = of_series.load(getattr(row, owner.column))
        values, starts_at = _checked(owner, wanted, there, now=now), _start(wanted, there, now=now)
        before = of_series.current(there, now=starts_at, default=owner.default)
        if values == before:
            return None
        _settle(owner, row, (before, values), actor=actor)
        planned = wanted.starts_at is not None and wanted.starts_at > now
        version = _made(owner, values, number=number, actor=actor)
        version.starts_at, version.saved_at, version.reason = starts_at, now, reason
        version.begun_at = None if planned else now
        version.save(force_insert=True)
        refresh(owner, now=now)
        happened = _Happened.PLANNED if planned else _Happened.CHANGED
        _record(owner, happened, (before, values), version, row=row, actor=actor)
    return version


def withdraw(version_id: UUID, owner: Owner, *, actor: Actor, now: datetime) -> None:
    """Take back a version that is planned. Raises `NotFound`, and `AlreadyInForce` once its time has come."""
    authorise(actor, owner.action, owner.customer_id, brand_id=owner.brand_id)
    with locked(owner) as row:
        authorise(actor, owner.action, owner.customer_id, brand_id=owner.brand_id)
        version = _planned(version_id, owner, now=now)
        there = of_series.load(getattr(row, owner.column))
        without = tuple(one for one in there if one.number != version.number)
        would = of_series.current(without, now=version.starts_at, default=owner.default)
        values = read(version.values), would
        _settle(owner, row, values, actor=actor)
        owner.versions().filter(id=version_id).update(withdrawn_at=now)
        refresh(owner, now=now)
        _record(owner, _Happened.WITHDRAWN, values, version, row=row, actor=actor)


def would_be(owner: Owner, wanted: Wanted, *, now: datetime) -> Series:
    """Return the series as `save` would leave it, with nothing written. Raises what `save` refuses of the version."""
    there, (number, starts_at, values, begun) = _would(owner, wanted, now=now)
    if values == of_series.current(there, now=starts_at, default=owner.default):
        return there
    new = (number, starts_at, values, begun)
    return _kept(_arranged(owner, without=wanted.replaces, new=new), now=now)


def would_change(owner: Owner, wanted: Wanted, *, now: datetime) -> tuple[Values, Values]:
    """Return the values that would hold without the version and with it, from when it starts. Raises as `would_be`."""
    there, (_number, starts_at, values, _begun) = _would(owner, wanted, now=now)
    return of_series.current(there, now=starts_at, default=owner.default), values


def _would(owner: Owner, wanted: Wanted, *, now: datetime) -> tuple[Series, _New]:
    """Return the series without the version, and the version as it would be saved."""
    number = _next_number(owner, wanted)
    if wanted.replaces is not None:
        _planned(wanted.replaces, owner, now=now)
    there = _kept(_arranged(owner, without=wanted.replaces), now=now)
    values, starts_at = _checked(owner, wanted, there, now=now), _start(wanted, there, now=now)
    planned = wanted.starts_at is not None and wanted.starts_at > now
    return there, (number, starts_at, values, not planned)


def _kept(series: Series, *, now: datetime) -> Series:
    return of_series.load(of_series.dump(series, now=now))


def _planned(version_id: UUID, owner: Owner, *, now: datetime) -> PolicyVersion:
    version: PolicyVersion | None = owner.versions().filter(id=version_id).first()
    if version is None:
        raise NotFound
    if version.withdrawn_at is not None:
        raise AlreadyRemoved
    if version.starts_at <= now or version.begun_at is not None:
        raise AlreadyInForce
    return version


@contextmanager
def locked(owner: Owner) -> Iterator[Customer | Brand]:
    """Begin a transaction with the row of customer or brand as its lock: one change comes after the other."""
    with transaction.atomic():
        row = owner.rows().select_for_update(of=("self",), no_key=True).first()
        if row is None:
            raise NotFound
        yield row
    if owner.brand_id is not None:
        cached.forget()


def _next_number(owner: Owner, wanted: Wanted) -> int:
    newest, seen = _counted(owner)
    if wanted.seen is not None and wanted.seen != seen:
        raise PolicyChanged
    return newest + 1


def seen_of(owner: Owner) -> int:
    """Return a number that goes up whenever a version is saved or taken back: what a form remembers."""
    return _counted(owner)[1]


def _counted(owner: Owner) -> tuple[int, int]:
    """Return the newest number, and how far the series is."""
    found = owner.versions().aggregate(newest=Max("number"), taken_back=Count("withdrawn_at"))
    newest: int = found["newest"] or 0
    return newest, newest + int(found["taken_back"])


def _settle(
    owner: Owner, row: Customer | Brand, values: tuple[Values, Values], *, actor: Actor
) -> None:
    """Refuse what lowers the protection of people whom the actor has no right over."""
    whose = None if owner.brand_id is not None else (row.id, row.name)
    changes = changes_between(*values)
    protection.settle(changes, what=row.name, customer=whose, brand_id=owner.brand_id, actor=actor)


def _made(owner: Owner, values: Values, *, number: int, actor: Actor) -> PolicyVersion:
    return PolicyVersion(
        customer_id=owner.customer_id,
        brand_id=owner.brand_id,
        is_minimum=owner.is_minimum,
        number=number,
        values=_stored(values),
        saved_by=actor.person.id if actor.person else None,
        saved_by_name=actor.person.name if actor.person else "",
    )


def changes_between(before: Values, after: Values) -> tuple[Change, ...]:
    """Return what differs, field by field, as history names and stores it."""
    return tuple(
        Change(
            f"policy.{FIELDS[name].key}",
            before=FIELDS[name].stored(getattr(before, name)),
            after=FIELDS[name].stored(getattr(after, name)),
            lowers=FIELDS[name].is_looser(getattr(after, name), before=getattr(before, name)),
        )
        for name in changed(before, after)
    )


def asks_enough_of_staff(values: Values) -> bool:
    """Return whether everybody is asked for two factors, at once: what the provider's people are asked at least."""
    return not _too_little_for_staff(values)


def _too_little_for_staff(values: Values) -> list[str]:
    return [name for name in _ASKED_OF_STAFF if getattr(values, name) != getattr(OF_STAFF, name)]


def _is_of_staff(owner: Owner) -> bool:
    """Return whether it is the minimum for the provider itself."""
    if not owner.is_minimum or owner.customer_id is None:
        return False
    rows = Customer.objects.filter(id=owner.customer_id, kind=CustomerKind.PROVIDER)
    return rows.exists()


def _checked(owner: Owner, wanted: Wanted, there: Series, *, now: datetime) -> Values:
    """Return the values as they are stored: what means nothing is left out. Raises `FieldsRefused`."""
    values, refused = _meaning(wanted.values), dict[str, Refusal]()
    if values.required_of is RequiredOf.TABS and not values.tabs:
        refused["tabs"] = TabsMissing()
    elif not values.tabs <= all_keys():
        refused["tabs"] = UnknownTab(tab=min(values.tabs - all_keys()))
    if _reopens(values, there, now=now):
        refused["from"] = GraceIsOver()
    if wanted.starts_at is not None and wanted.starts_at > now + LONGEST_PLAN:
        refused["starts"] = StartsTooLate()
    if _is_of_staff(owner):
        refused |= {
            FIELDS[name].key: StaffNeedTwoFactors() for name in _too_little_for_staff(values)
        }
    if refused:
        raise FieldsRefused(refused)
    return values


def _meaning(values: Values) -> Values:
    """Return the values without what says nothing beside the others."""
    if values.required_of is not RequiredOf.TABS:
        values = replace(values, tabs=frozenset())
    if values.required_of in {RequiredOf.NOBODY, RequiredOf.TICKED}:
        return replace(values, from_day=None, newcomer_days=0, waves=False)
    return replace(values, waves=values.waves and values.from_day is not None)


def _start(wanted: Wanted, there: Series, *, now: datetime) -> datetime:
    """Return when it takes effect: never before what holds, or it would come too late where a clock was ahead."""
    holding = of_series.in_force(there, now=now)
    earliest = now if holding is None else max(now, holding.starts_at)
    return max(wanted.starts_at or earliest, earliest)


def _reopens(values: Values, there: Series, *, now: datetime) -> bool:
    """Return whether a later day is set for what everybody concerned was already asked: it would have no effect."""
    holding = of_series.in_force(there, now=now)
    day = values.from_day
    if holding is None or day is None or midnight(day) <= now:
        return False
    asked = holding.values
    wider = asked.required_of is RequiredOf.EVERYONE or (
        asked.required_of is RequiredOf.TABS is values.required_of and values.tabs <= asked.tabs
    )
    last = Member(share=99)
    return wider and day != asked.from_day and day_of_version(holding, last, now=now) <= now


def refresh(owner: Owner, *, now: datetime) -> None:
    """Write what still matters of the series to customer or brand, in the caller's transaction."""
    written: dict[str, Any] = {owner.column: of_series.dump(_arranged(owner), now=now)}
    if owner.brand_id is not None:
        written["version"] = F("version") + 1
    owner.rows().update(**written)


def _arranged(owner: Owner, *, without: UUID | None = None, new: _New | None = None) -> Series:
    """Return the versions there are as a series; but for one, and with one more, as if these were written."""
    rows = owner.versions().filter(withdrawn_at__isnull=True)
    rows = rows if without is None else rows.exclude(id=without)
    found = [
        (number, starts_at, read(values), begun_at is not None)
        for number, starts_at, values, begun_at in rows.values_list(
            "number", "starts_at", "values", "begun_at"
        )
    ]
    found += [new] if new is not None else []
    return of_series.arrange(
        ((number, starts_at, values) for number, starts_at, values, _ in found),
        begun=frozenset(number for number, *_, begun in found if begun),
        pauses=_pauses(owner) if any(values.waves for _, _, values, _ in found) else {},
    )


def _pauses(owner: Owner) -> dict[datetime, tuple[of_series.Pause, ...]]:
    found: dict[datetime, tuple[of_series.Pause, ...]] = {}
    rows = owner.pauses().order_by("paused_at")
    for since, wave, began, ended in rows.values_list("since", "wave", "paused_at", "ended_at"):
        found[since] = (*found.get(since, ()), of_series.Pause(wave, began, ended))
    return found


# Number, start, values, and whether it has begun.
_New: TypeAlias = tuple[int, datetime, Values, bool]


def _stored(values: Values) -> dict[str, Any]:
    return {field.key: field.stored(getattr(values, name)) for name, field in FIELDS.items()}


class _Happened(Enum):
    """What can happen to a version, with the event of a policy and the one of a minimum."""

    CHANGED = POLICY_CHANGED, MINIMUM_CHANGED
    PLANNED = POLICY_PLANNED, MINIMUM_PLANNED
    WITHDRAWN = POLICY_WITHDRAWN, MINIMUM_WITHDRAWN
    BEGAN = POLICY_BEGAN, MINIMUM_BEGAN


def _record(  # noqa: PLR0913 - what happened, to whom, by whom
    owner: Owner,
    happened: _Happened,
    values: tuple[Values, Values],
    version: PolicyVersion,
    *,
    row: Customer | Brand,
    actor: Actor,
) -> None:
    """Record what happened to a version: `values` that would hold, and that hold from then on."""
    event = happened.value[owner.is_minimum]
    details: dict[str, Detail] = {"version": version.number}
    details |= {"reason": version.reason} if version.reason else {}
    if happened in {_Happened.PLANNED, _Happened.WITHDRAWN}:
        details["starts"] = version.starts_at.isoformat()
    told = details | protection.details_of(changes_between(*values))
    if isinstance(row, Customer):
        told |= _requires(*_with_brand(owner, row, values, at=version.starts_at))
        record(event, actor=actor, customer=(row.id, row.name), details=told)
        return
    about = {"brand": row.name, **protection.about_brand(row.id)}
    record(BRAND_CHANGED, actor=actor, details={**about, **told})
    for customer in Customer.objects.filter(brand=row).exclude(status=CustomerStatus.CLOSED):
        own = _own_minimum(customer, at=version.starts_at)
        before, after = (strictest([own, one]) for one in values)
        _record_for(customer, event, before, after, details, actor)


def _with_brand(
    owner: Owner, customer: Customer, values: tuple[Values, Values], *, at: datetime
) -> tuple[Values, Values]:
    """Return a minimum together with the one of the brand; a policy as it is."""
    if not owner.is_minimum:
        return values
    beside, (before, after) = _minimum_of_brand(customer, at=at), values
    return strictest([before, beside]), strictest([after, beside])


def _record_for(  # noqa: PLR0913, PLR0917 - an event of the provider's, for one customer
    customer: Customer,
    event: EventType,
    before: Values,
    after: Values,
    details: dict[str, Detail],
    actor: Actor,
) -> None:
    """Record what changes for a customer, where something does."""
    if changes := changes_between(before, after):
        told = details | protection.details_of(changes) | _requires(before, after)
        record(event, actor=actor, customer=(customer.id, customer.name), details=told)


def record_move(customer: Customer, before: Brand, *, actor: Actor, now: datetime) -> None:
    """Record what the minimum of another brand changes for a customer that was moved to it from `before`."""
    own, of_before = _own_minimum(customer, at=now), of_series.load(before.minimum)
    was = strictest([own, of_series.current(of_before, now=now, default=LOOSEST)])
    now_is = strictest([own, _minimum_of_brand(customer, at=now)])
    _record_for(customer, MINIMUM_CHANGED, was, now_is, {}, actor)


def _own_minimum(customer: Customer, *, at: datetime) -> Values:
    return of_series.current(of_series.load(customer.minimum), now=at, default=LOOSEST)


def _minimum_of_brand(customer: Customer, *, at: datetime) -> Values:
    return of_series.current(of_series.load(customer.brand.minimum), now=at, default=LOOSEST)


def _requires(before: Values, after: Values) -> dict[str, Detail]:
    """Return whether two factors are required of everybody from now on, where that changes."""
    was, now_is = (one.required_of is RequiredOf.EVERYONE for one in (before, after))
    return {} if was == now_is else {"require_2fa": now_is}


def begin_due(*, now: datetime) -> list[Owner]:
    """Record the planned versions whose time has come, each once; return whose they are. For the worker."""
    due = PolicyVersion.objects.filter(starts_at__lte=now, begun_at=None, withdrawn_at=None)
    begun: list[Owner] = []
    for version in due.order_by("starts_at", "number")[:_AT_ONCE]:
        owner = Owner(version.customer_id, version.brand_id, version.is_minimum)
        with locked(owner) as row:
            still = owner.versions().filter(id=version.id, begun_at=None, withdrawn_at=None)
            if still.update(begun_at=now) != 1:
                continue
            there = of_series.load(getattr(row, owner.column))
            earlier = tuple(one for one in there if one.number != version.number)
            before = of_series.current(earlier, now=version.starts_at, default=owner.default)
            refresh(owner, now=now)
            values = before, read(version.values)
            _record(owner, _Happened.BEGAN, values, version, row=row, actor=WORKER)
            begun.append(owner)
    return begun
