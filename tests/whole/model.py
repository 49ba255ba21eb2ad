"""What the sign-in must ask for, told again in a few lines: nothing of Doorward decides here.

Written from what the product promises and from decisions 0044, 0045 and 0048; `test_machine.py` holds the portal
against it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from tests.whole.belongings import App, Change, Key, Letter, Trust

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.accounts.models import LinkPurpose

WHOLE = timedelta(hours=12)
IDLE = timedelta(minutes=30)
SEEN_EVERY = timedelta(minutes=1)
RECOVERY_SERVES = timedelta(minutes=10)
MAILBOX_SERVES = timedelta(minutes=10)
LINK_SERVES = timedelta(hours=1)
CODES_ARE_SHOWN = timedelta(minutes=10)
OWN_FACTORS = 5

SIGN_IN = "/sign-in/"
CODE = "/sign-in/code/"
MAILBOX = "/sign-in/mailbox/"
SET_UP = "/sign-in/set-up/"
SAVE_CODES = "/sign-in/recovery-codes/"
PASSWORD = "/sign-in/password/"
# Once more, by who has no factor.
PROVE = "/prove/"
THROUGH = "/"
# The other page of the step that asks for a code.
RECOVERY = "/sign-in/recovery/"


def midnight(day: date) -> datetime:
    """Return when a day of a policy begins."""
    return datetime.combine(day, time(), UTC)


@dataclass(eq=False)
class Company:
    """What a customer asks of all its people."""

    id: UUID
    required: bool = False
    # The day that it is required from; None: at once. And since when it is asked so.
    day: date | None = None
    since: datetime | None = None
    # Whether the day of an earlier requirement had come while that one held: grace is not given twice.
    was_due: bool = False
    passkeys_only: bool = False
    trust_days: int = 0
    # The provider's minimum, and since when it is asked.
    minimum: bool = False
    minimum_since: datetime | None = None

    @property
    def grace_until(self) -> datetime | None:
        return self.since if self.was_due else self._begins

    @property
    def _begins(self) -> datetime | None:
        """Return from when it is required by itself, whatever was before it."""
        if not self.required or self.since is None or self.day is None:
            return self.since if self.required else None
        return max(self.since, midnight(self.day))

    def would_open_grace_again(self, day: date | None, now: datetime) -> bool:
        """Return whether another day, still to come, would give a grace once more that is over."""
        if self._begins is None or day is None or day == self.day:
            return False
        return self._begins <= now < midnight(day)

    def ask_at_least(self, now: datetime, *, required: bool) -> None:
        """Note that the provider's minimum asks everybody at once from now on, or no longer."""
        since = self.minimum_since
        self.was_due = self.was_due or (self.minimum and since is not None and since < now)
        self.minimum, self.minimum_since = required, now

    def ask(self, now: datetime, *, required: bool, day: date | None, **rest: Any) -> None:
        """Note what is asked from now on."""
        day = day if required else None
        if (required, day) != (self.required, self.day):
            self.was_due = self.was_due or (self._begins is not None and self._begins < now)
            self.required, self.day, self.since = required, day, now
        for name, value in rest.items():
            setattr(self, name, value)


@dataclass(eq=False)
class Person:
    """An account: what it asks for, whatever is known of who sits before it."""

    id: UUID
    email: str
    password: str
    company: Company
    # Who reads which of the addresses that it ever had, or was to have.
    readers: dict[str, set[str]]
    active: bool = True
    ticked: bool = False
    factors: dict[UUID, App | Key] = field(default_factory=dict)
    # Whether the password is known from a break-in.
    password_due: bool = False
    # Recovery codes that work, those that are still to be saved, in which session, and those that were used.
    codes: set[str] = field(default_factory=set)
    shown: list[str] = field(default_factory=list)
    shown_in: Session | None = None
    shown_at: datetime | None = None
    used_codes: list[str] = field(default_factory=list)
    # Answers of passkeys that were accepted once.
    answers: list[str] = field(default_factory=list)
    # How often a passkey's count did not go up.
    alarms: int = 0
    letters: list[Letter] = field(default_factory=list)
    change: Change | None = None
    trusts: list[Trust] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)

    @property
    def required(self) -> bool:
        return self.ticked or self.company.required or self.company.minimum

    def in_grace(self, now: datetime) -> bool:
        """Return whether only the company's policy asks, and not yet."""
        until = self.company.grace_until
        held = self.ticked or self.company.minimum
        return not held and until is not None and now < until

    def takes(self, factor: App | Key) -> bool:
        """Return whether a factor is enough for what is asked."""
        return isinstance(factor, Key) or not (self.required and self.company.passkeys_only)

    @property
    def taken(self) -> set[UUID]:
        return {key for key, factor in self.factors.items() if self.takes(factor)}

    @property
    def apps(self) -> list[App]:
        return [one for one in self.factors.values() if isinstance(one, App)]

    @property
    def keys(self) -> list[Key]:
        return [one for one in self.factors.values() if isinstance(one, Key)]

    def end_sessions(self, keep: Session | None = None) -> None:
        """End all sessions but one, and all trust in browsers."""
        for session in self.sessions:
            session.ended = session.ended or session is not keep
        self.end_trust()

    def end_trust(self) -> None:
        for trust in self.trusts:
            trust.ended = True

    def forget_factors(self) -> None:
        self.factors, self.codes, self.shown = {}, set(), []
        self.end_trust()

    def show(self, codes: list[str], session: Session | None, now: datetime) -> None:
        """Note which codes wait to be saved, and which session was shown them."""
        self.shown, self.shown_in, self.shown_at = codes, session, now

    def age(self, span: timedelta) -> None:
        """Let all that was verified in any session be so much older."""
        for session in self.sessions:
            for name in ("password_at", "proved_at", "recovery_at", "mailbox_at"):
                if moment := getattr(session, name):
                    setattr(session, name, moment - span)

    def kill_letters(self, *purposes: LinkPurpose) -> None:
        """Let all links that were mailed so far be good for nothing."""
        for letter in self.letters:
            letter.dead = letter.dead or letter.purpose in purposes


@dataclass(eq=False)
class Session:
    """What was verified in one browser since it began. `password_at`, None: a passkey stood in for it."""

    person: Person
    begun: datetime
    seen: datetime
    password_at: datetime | None
    proved: UUID | None = None
    proved_at: datetime | None = None
    recovery_at: datetime | None = None
    mailbox_at: datetime | None = None
    link: bool = False
    put_off: bool = False
    ended: bool = False

    def due(self, now: datetime, trust: Trust | None) -> str:  # noqa: PLR0911 - a line for each step
        """Return the page that this browser must be sent to; `THROUGH`: none."""
        person = self.person
        if self.ended or not person.active or now >= self.begun + WHOLE or now >= self.seen + IDLE:
            return SIGN_IN
        if person.factors and not self._proved_one_of(set(person.factors), now, trust):
            return CODE
        if person.required and person.taken and not self._proved_one_of(person.taken, now, trust):
            return CODE
        if person.required and not person.taken and not self._puts_off(now):
            return self._due_to_set_up(now)
        if person.shown and (self.sees_codes(now) or not self.recovery_at):
            return SAVE_CODES if self.sees_codes(now) else self._once_more()
        if person.password_due:
            return PASSWORD if self._is_recent(now) else self._once_more()
        return THROUGH

    def sees_codes(self, now: datetime) -> bool:
        """Return whether codes that wait to be saved are shown here: they are its own, or a factor was verified."""
        person, at = self.person, self.person.shown_at
        own = person.shown_in is self and at is not None and now < at + CODES_ARE_SHOWN
        return own or self.is_recent(OWN_FACTORS, now)

    def _once_more(self) -> str:
        return CODE if self.person.factors else PROVE

    def _by_mail(self, now: datetime) -> bool:
        by_link = self.link and self.password_at and now < self.password_at + LINK_SERVES
        return bool(by_link or (self.mailbox_at and now < self.mailbox_at + MAILBOX_SERVES))

    def _is_recent(self, now: datetime) -> bool:
        """Return whether what let this session in is recent enough to add something to the account."""
        by_mail = not self.person.factors and self._by_mail(now)
        return by_mail or self.is_recent(OWN_FACTORS, now, recovery=True)

    def _proved_one_of(self, enough: set[UUID], now: datetime, trust: Trust | None) -> bool:
        return self.proved in enough or self.recovery_at is not None or self.is_spared(now, trust)

    def is_spared(self, now: datetime, trust: Trust | None) -> bool:
        """Return whether the trust in the browser stands in for the second step: of a factor that could be verified."""
        return bool(self.person.taken) and trust is not None and trust.holds(self.person, now)

    def _puts_off(self, now: datetime) -> bool:
        return self.put_off and self.person.in_grace(now)

    def _due_to_set_up(self, now: datetime) -> str:
        """Return what goes before a factor is set up, and then that."""
        recovered = self.recovery_at and now < self.recovery_at + RECOVERY_SERVES
        more = self.person.factors or self._by_mail(now) or recovered
        if not more and not self.person.in_grace(now):
            return MAILBOX
        return SET_UP if self._is_recent(now) else self._once_more()

    def is_recent(self, minutes: int, now: datetime, *, recovery: bool = False) -> bool:
        """Return whether what must be verified was verified in the last minutes: never by a trusted browser."""
        if recovery and self.recovery_at and now < self.recovery_at + RECOVERY_SERVES:
            return True
        person, span = self.person, timedelta(minutes=minutes)
        if not person.factors:
            return self.password_at is not None and now < self.password_at + span
        # An app does not serve where a passkey is asked for and can be used.
        proved = self.proved in (person.taken or person.factors) and self.proved_at is not None
        return proved and self.proved_at is not None and now < self.proved_at + span

    def touch(self, now: datetime) -> None:
        """Note that a page was opened: of what is due, or any, where nothing is."""
        if now >= self.seen + SEEN_EVERY:
            self.seen = now

    def unverify(self) -> None:
        self.proved = self.proved_at = self.recovery_at = None
