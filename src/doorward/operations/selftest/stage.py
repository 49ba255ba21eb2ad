"""Where the threats are played: two throw-away customers, people of theirs as they are needed, and their browsers."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.accounts.services import Details, NewAdministrator
from doorward.audit.actor import CONSOLE, Actor, ClientInfo
from doorward.credentials.password import at_console as password_first
from doorward.credentials.recovery_codes import codes
from doorward.credentials.totp import rules
from doorward.credentials.totp.enrol import write_factor
from doorward.customers.tabs import BUILT_IN, DEFAULT
from doorward.customers.throw_away import DOMAIN
from doorward.operations.selftest.browser import Answer, Browser, Target
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from doorward.customers.models import Customer

EVERY_TAB: Final = frozenset(BUILT_IN)
# Pages of the portal; the first ones are for everybody who is signed in.
PAGES: Final = ("/", "/profile/", "/security/", "/administrators/", "/account/", "/activity/")
SIGN_IN: Final = "/sign-in/"
CODE: Final = "/sign-in/code/"
# By which somebody is led who has to set something up before.
_STEPS: Final = ("/sign-in/mailbox/", "/sign-in/set-up/")
SESSION: Final = settings.SESSION_COOKIE_NAME


class Fell(Exception):
    """A guard does not hold. Says what was seen."""


class NotHere(Exception):
    """A guard cannot be asked here. Says why."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is thrown away. `secret`: of their app; empty: they have none."""

    row: Administrator
    password: str
    secret: bytes = b""

    def code(self, *, steps: int = 0) -> str:
        """Return the code that their app shows, so many half minutes away."""
        return rules.code_at(self.secret, rules.step_at(timezone.now()) + steps)

    @property
    def path(self) -> str:
        """Their page in the Administrators tab."""
        return f"/administrators/{self.row.id}/"


@dataclass(slots=True)
class Stage:
    """One selftest's. `ours`, `theirs`: two customers that know nothing of each other."""

    target: Target
    ours: Customer
    theirs: Customer
    browsers: list[Browser] = field(default_factory=list)

    def browser(self) -> Browser:
        """Return a new browser."""
        made = Browser(self.target)
        self.browsers.append(made)
        return made

    def person(
        self,
        *,
        tabs: Iterable[str] = DEFAULT,
        app: bool = False,
        required: bool = False,
        of: Customer | None = None,
    ) -> Person:
        """Add somebody with a password, who can sign in."""
        password, name = secrets.token_urlsafe(24), secrets.token_hex(6)
        row = password_first.add_active(
            NewAdministrator(
                email=f"{name}@{DOMAIN}",
                details=Details(first_name="Selftest", last_name=name.title()),
                tabs=frozenset(tabs),
                require_2fa=required,
            ),
            password=password,
            customer=of or self.ours,
            actor=CONSOLE,
            now=timezone.now(),
        )
        if not app:
            return Person(row, password)
        secret = rules.new_secret(secrets.token_bytes)
        write_factor(row.id, secret, step=0, name="Selftest", now=timezone.now())
        return Person(row, password, secret)

    def recovery_codes(self, person: Person) -> list[str]:
        """Make recovery codes for somebody, and save them."""
        now = timezone.now()
        codes.make(person.row, now=now)
        made = codes.unsaved(person.row.id)
        actor = Actor(person=person.row.who(), client=ClientInfo())
        codes.confirm_saved(administrator_id=person.row.id, actor=actor, now=now)
        return made

    def with_password(self, person: Person, **more: str) -> Browser:
        """Return a browser in which the right password was typed."""
        browser = self.browser()
        answer = give_password(browser, person, **more)
        expect(answer.status == 303, f"a right password was answered with {answer.status}")  # noqa: PLR2004
        return browser

    def signed_in(self, person: Person) -> Browser:
        """Return a browser in which somebody is through."""
        browser = self.with_password(person)
        if person.secret:
            answer = browser.post(CODE, code=person.code())
            expect(answer.status == 303, f"a right code was answered with {answer.status}")  # noqa: PLR2004
        let_in(browser, person)
        return browser

    def addresses(self) -> set[str]:
        """Return from which addresses the installation saw it, as far as somebody signed in."""
        people = Administrator.objects.everywhere().filter(
            customer_id__in=[self.ours.id, self.theirs.id]
        )
        rows = Session.objects.filter(administrator_id__in=people.values("id"))
        return set(rows.values_list("address", flat=True))


def let_in(browser: Browser, person: Person) -> None:
    """Raise `Fell` where somebody who has signed in does not get in; `NotHere` where more is asked of them."""
    answer = browser.get("/profile/")
    if answer.to.startswith(_STEPS):
        asked = "more than an app" if person.secret else "two factors at once"
        raise NotHere(f"the default brand's minimum asks for {asked}")
    expect(answer.status == 200, "whoever signed in does not get in")  # noqa: PLR2004


def give_password(browser: Browser, person: Person, **more: str) -> Answer:
    """Send the sign-in form."""
    browser.get(SIGN_IN)
    fields: dict[str, Any] = {"email": person.row.email, "password": person.password}
    return browser.post(SIGN_IN, **{**fields, **more})


def expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - as an assertion is read
    """Raise `Fell` where something is not so."""
    if not holds:
        raise Fell(otherwise)


def expect_led(answer: Answer, *to: str, of: str) -> None:
    """Raise `Fell` where an answer is anything but the way to one of these pages."""
    led = answer.status == 303 and answer.to in to  # noqa: PLR2004
    expect(led, f"{of} was answered with {answer.status} {answer.to}".rstrip())
