"""Who and what `circle.py` speaks of: people, their devices and browsers, the help that was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.whole.asked import DAY, HOUR, WEEK

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from tests.kit.softkey import SoftKey

TRIES, SUPPORT_WAITS = 5, 72 * HOUR
# Where the provider's own people are at home.
PROVIDER = "provider"


@dataclass(eq=False)
class Device:
    """Somebody's app, or their passkey. `key`: what answers for the passkey; None: it is an app."""

    id: UUID
    name: str
    key: SoftKey | None = None
    suspended_at: datetime | None = None
    locked: bool = False

    @property
    def works(self) -> bool:
        return self.suspended_at is None and not self.locked


@dataclass(eq=False)
class Member:
    """Somebody of a company, or of the provider's support. `devices`: none, they never had one."""

    name: str
    id: UUID
    home: str
    has_tab: bool
    # Since when the power over colleagues has been in these hands.
    since: datetime
    devices: list[Device] = field(default_factory=list)
    active: bool = True
    proved_at: datetime | None = None
    # When a mailed link set the password.
    mailed_at: datetime | None = None
    tab_lost: list[datetime] = field(default_factory=list)
    out: list[datetime] = field(default_factory=list)
    sessions: list[Sitting] = field(default_factory=list)
    excepted_until: datetime | None = None
    was_due: bool = False

    @property
    def is_support(self) -> bool:
        return self.home == PROVIDER

    @property
    def helps(self) -> bool:
        """Whether they may help: in office, and with a device that works."""
        return self.active and self.has_tab and self.is_able

    @property
    def is_able(self) -> bool:
        return any(one.works for one in self.devices)

    def device(self, id: UUID | None) -> Device | None:
        """Return the one of theirs that has this id."""
        return next((one for one in self.devices if one.id == id), None)

    def had_tab(self, now: datetime) -> bool:
        return self.has_tab or any(at > now - WEEK for at in self.tab_lost)

    def was_kept_away(self, since: datetime) -> bool:
        """Return whether they could not object for a while."""
        return any(at > since for at in (*self.tab_lost, *self.out))

    def proved_after(self, moment: datetime) -> bool:
        return self.proved_at is not None and self.proved_at > moment

    @property
    def has_own_password(self) -> bool:
        """Whether more than who reads the mailbox knows the password."""
        return self.mailed_at is None or self.proved_after(self.mailed_at)

    def end_sittings(self, keep: Sitting | None = None) -> None:
        for one in self.sessions:
            one.ended = one.ended or one is not keep

    def lose(self, now: datetime) -> None:
        """Note that all devices are suspended, each from its first loss, and all sessions over."""
        for one in self.devices:
            one.suspended_at = one.suspended_at or now
        self.end_sittings()

    def lock(self) -> None:
        for one in self.devices:
            one.locked = True


@dataclass(eq=False)
class Sitting:
    """A browser of somebody. `proved`: by which device. `buried`: it was seen that it had ended."""

    token: str
    by_link: bool = False
    mailbox: bool = False
    proved: UUID | None = None
    pass_at: datetime | None = None
    ended: bool = False
    buried: bool = False


@dataclass(eq=False)
class Ask:
    """Help that was asked for, and what came of it. `asker`: they themselves, where they wait."""

    id: UUID
    person: Member
    asker: Member
    at: datetime
    second: bool
    due: datetime | None
    agreed_at: datetime | None = None
    agreed_by: Member | None = None
    words: str = ""
    made_at: datetime | None = None
    tries: int = 0
    used_at: datetime | None = None
    sitting: Sitting | None = None
    back_at: datetime | None = None
    # Refused, denied, lapsed: it comes to nothing any more.
    over: bool = False
    refused_at: datetime | None = None
    refused_by: Member | None = None
    pass_over: bool = False

    @property
    def waiting(self) -> bool:
        return self.asker is self.person

    @property
    def by_mail(self) -> bool:
        """Whether its pass is mailed once nobody has objected in time."""
        return self.waiting or (
            self.asker.is_support and self.due is not None and self.agreed_by is None
        )

    @property
    def reader(self) -> Member | None:
        """Who is shown the pass: who asked, or whoever agreed to what the support asked."""
        return self.agreed_by if self.asker.is_support else self.asker

    def is_late(self, now: datetime) -> bool:
        since = self.agreed_at or self.due
        if since is not None:
            return not self.words and since + DAY <= now
        return self.asker.is_support and not self.words and self.at + SUPPORT_WAITS <= now

    def pass_works(self, now: datetime) -> bool:
        made = self.made_at
        alive = made is not None and now < made + DAY and self.used_at is None
        return alive and not self.over and not self.pass_over and self.tries < TRIES


@dataclass(frozen=True)
class Silence:
    """Somebody kept a colleague with the tab from objecting. `lost_at`: when that one lost it; None: had it still."""

    at: datetime
    by: Member
    whom: Member
    lost_at: datetime | None

    def counts(self, since: datetime) -> bool:
        return self.at > since and (self.lost_at is None or self.lost_at > since)
