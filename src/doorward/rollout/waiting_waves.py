"""Waves that wait: where too many people of one are stuck, the next one of that policy or minimum does not come.

Stuck is whoever was due two days ago and has no factor that is enough. More than a tenth of a wave, and more than five
people, let the next one wait until somebody goes on or saves another policy. Whoever is due already stays due.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Count, Q

from doorward.accounts.locking import must_still_may
from doorward.accounts.models import Administrator, Status
from doorward.accounts.required_of import asked_rows
from doorward.audit.actor import WORKER
from doorward.audit.record import record
from doorward.customers import protection
from doorward.customers.models import Brand, Customer, CustomerKind, CustomerStatus
from doorward.customers.rights import authorise
from doorward.directory.state import enough
from doorward.kernel.db.paging import in_pages
from doorward.permissions.actions import Action
from doorward.policy import series
from doorward.policy.errors import NothingWaits
from doorward.policy.events import (
    MINIMUM_WAVE_GOES_ON,
    MINIMUM_WAVE_PAUSED,
    WAVE_GOES_ON,
    WAVE_PAUSED,
)
from doorward.policy.fields import RequiredOf
from doorward.policy.loading import policies_of
from doorward.policy.versions import (
    locked,
    minimum_of_brand,
    minimum_of_customer,
    policy_of_customer,
    refresh,
)
from doorward.policy.waves import WAVES, day_of_wave

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType
    from doorward.audit.record import Detail
    from doorward.policy.models import WavePause
    from doorward.policy.series import Version
    from doorward.policy.versions import Owner

AFTER: Final = timedelta(days=2)
# More than so many, and more than one in so many.
MOST_STUCK: Final = 5
ONE_IN: Final = 10
# As a series is written with its customer.
_IN_WAVES: Final = '"waves": true'


@dataclass(frozen=True, slots=True)
class Wave:
    """How many people a wave has, and how many of them are stuck."""

    people: int
    stuck: int

    @property
    def stops(self) -> bool:
        """Whether the next one is to wait."""
        return self.stuck > MOST_STUCK and self.stuck * ONE_IN > self.people


def pause_due(*, now: datetime) -> int:
    """Let the next wave wait where too many people of the last one are stuck; return how many are paused by it."""
    active = Customer.objects.filter(status=CustomerStatus.ACTIVE)
    paused = 0
    for row in in_pages(active.filter(policy__contains=_IN_WAVES)):
        paused += _pause(policy_of_customer(row.id), row.policy, now=now)
    for row in in_pages(active.filter(minimum__contains=_IN_WAVES)):
        paused += _pause(minimum_of_customer(row.id), row.minimum, now=now)
    brands = Brand.objects.filter(minimum__contains=_IN_WAVES)
    for brand_id, text in brands.values_list("id", "minimum"):
        paused += _pause(minimum_of_brand(brand_id), text, now=now)
    return paused


def resume(owner: Owner, *, actor: Actor, now: datetime) -> None:
    """Let the wave come that waits, with as much time as was left when it was stopped. Raises `NothingWaits`."""
    authorise(actor, _going_on(owner), owner.customer_id, brand_id=owner.brand_id)
    with locked(owner) as row:
        action = _going_on(owner)
        must_still_may(actor, action, owner.customer_id, brand_id=owner.brand_id)
        if not owner.pauses().filter(ended_at=None).update(ended_at=now):
            raise NothingWaits
        refresh(owner, now=now)
        event = MINIMUM_WAVE_GOES_ON if owner.is_minimum else WAVE_GOES_ON
        _record(event, row, {}, actor=actor)


def waiting(owner: Owner, *, text: str, now: datetime) -> WavePause | None:
    """Return the pause that holds a policy or a minimum up; None: none does. `text`: the series as it is stored."""
    there = series.load(text)
    holding = series.in_force(there, now=now)
    if holding is None or not series.wave_waits(there, now=now):
        return None
    rows = owner.pauses()
    return rows.filter(since=holding.since, ended_at=None).order_by("paused_at").first()


def _going_on(owner: Owner) -> Action:
    return owner.action if owner.is_minimum else Action.GO_ON_WITH_WAVES


def _pause(owner: Owner, text: str, *, now: datetime) -> bool:
    if _at(text, now=now) is None:
        return False
    with locked(owner) as row:
        found = _at(getattr(row, owner.column), now=now)
        if found is None:
            return False
        version, last, following = found
        wave = count(row, version, last, now=now)
        if not wave.stops:
            return False
        _write_pause(owner, version, following, wave, now=now)
        refresh(owner, now=now)
        event = MINIMUM_WAVE_PAUSED if owner.is_minimum else WAVE_PAUSED
        details: dict[str, Detail] = {
            "wave": following,
            "stuck": wave.stuck,
            "of_people": wave.people,
        }
        _record(event, row, details, actor=WORKER)
    return True


def _write_pause(
    owner: Owner, version: Version, following: int, wave: Wave, *, now: datetime
) -> None:
    owner.pauses().create(
        customer_id=owner.customer_id,
        brand_id=owner.brand_id,
        is_minimum=owner.is_minimum,
        since=version.since,
        wave=following,
        stuck=wave.stuck,
        people=wave.people,
        paused_at=now,
    )


def _record(
    event: EventType, row: Customer | Brand, details: dict[str, Detail], *, actor: Actor
) -> None:
    if isinstance(row, Customer):
        record(event, actor=actor, customer=(row.id, row.name), details=details)
        return
    # A brand is the provider's own.
    provider = Customer.objects.filter(kind=CustomerKind.PROVIDER).values_list("id", "name").first()
    about = {"brand": row.name, **protection.about_brand(row.id)}
    record(event, actor=actor, customer=provider, details=about | details)


def _at(text: str, *, now: datetime) -> tuple[Version, int, int] | None:
    """Return the version, the last wave that came two days ago, and the next one, which may still be stopped."""
    holding = series.in_force(series.load(text), now=now)
    if holding is None or not holding.values.waves:
        return None
    days = {wave: day_of_wave(holding, wave, now=now) for wave in range(1, len(WAVES) + 1)}
    came = [wave for wave, day in days.items() if day + AFTER <= now]
    following = next((wave for wave, day in days.items() if day > now), None)
    if not came or following is None or any(one.wave == following for one in holding.pauses):
        return None
    return holding, came[-1], following


def count(row: Customer | Brand, version: Version, wave: int, *, now: datetime) -> Wave:
    """Return how many people a wave of a version has, and how many of them are stuck, in one query.

    Of a brand, stuck is who has nothing that the brand's own minimum takes.
    """
    values, earlier = version.values, 0 if wave == 1 else WAVES[wave - 2]
    of_wave = Q(wave_share__gte=earlier, wave_share__lt=WAVES[wave - 1], looks_after=False)
    if wave == 1:
        of_wave |= Q(looks_after=True)
    asked = series.scope((version,), now=now)
    if isinstance(row, Customer):
        people, kinds = Administrator.objects.of(row.id), policies_of(row).values(now=now).kinds
    else:
        active = Customer.objects.filter(brand=row, status=CustomerStatus.ACTIVE)
        people, kinds = Administrator.objects.everywhere().filter(customer__in=active), values.kinds
    there = people.filter(of_wave, status=Status.ACTIVE)
    if values.required_of is RequiredOf.TABS:
        there = there.filter(asked_rows(asked))
    # Who was here when it began: newcomers have days of their own.
    there = there.filter(Q(joined_at=None) | Q(joined_at__lte=version.since))
    stuck = Count("id", filter=Q(standing__lt=enough(kinds)) & ~Q(excepted_until__gt=now))
    found = there.aggregate(people=Count("id"), stuck=stuck)
    return Wave(found["people"], found["stuck"])
