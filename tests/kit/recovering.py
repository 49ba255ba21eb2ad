"""Help after a loss in tests: asking, agreeing, the pass, and coming back by it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.audit.models import Event
from doorward.recovery import help as helping
from doorward.recovery import refusing, requests, set_up_pass, support
from tests.kit import codes, passkeys, people
from tests.kit.factors import confirm, show

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.recovery.help import Helped
    from doorward.recovery.models import RecoveryRequest
    from doorward.sessions.context import AuthContext
    from doorward.sessions.issuing import Started

HOW = "Called back at the number that I had."


def second_helper(owner: Administrator, name: str = "Otto") -> Administrator:
    """Return one more with the Administrators tab and an app, who has had both for long."""
    person = people.make_administrator(
        owner.customer,
        email=f"{name.lower()}@harbourbakery.example",
        name=f"{name} Berger",
        tabs=people.ALL_TABS,
    )
    codes.enable_app(person)
    long_ago(person)
    return person


def long_ago(*persons: Administrator) -> None:
    """Let people have been there for a month, with all that they have."""
    then = timezone.now() - timedelta(days=30)
    for person in persons:
        Event.rewritable.filter(subject_id=person.id).update(at=then)
        rows = Administrator.objects.everywhere().filter(id=person.id)
        rows.update(joined_at=then, added_at=then)


def help_with(person: Administrator, by: Administrator, how: str = HOW) -> Helped:
    """Help somebody, as a colleague does on their page."""
    return helping.help_person(
        person.id,
        how=how,
        customer_id=by.customer_id,
        actor=people.actor(by),
        now=timezone.now(),
    )


def make_staff(email: str = "nora.whitfield@provider.example") -> Administrator:
    """Return one of the support, who has had tab and app for long."""
    staff = people.make_administrator(
        people.provider(),
        email=email,
        name="Nora Whitfield",
        tabs={"home", "customers"},
    )
    codes.enable_app(staff)
    long_ago(staff)
    return staff


def ask_as_support(
    person: Administrator, staff: Administrator, how: str = HOW, now: datetime | None = None
) -> RecoveryRequest:
    """Ask for help for somebody, as support does on the customer's side."""
    return support.ask(
        person.id,
        how=how,
        customer_id=person.customer_id,
        actor=people.actor(staff),
        now=now or timezone.now(),
    )


def agree(request: RecoveryRequest, by: Administrator) -> None:
    """Give the second yes."""
    requests.agree(
        request.id, customer_id=by.customer_id, actor=people.actor(by), now=timezone.now()
    )


def fetch(request: RecoveryRequest, by: Administrator) -> tuple[str, ...]:
    """Fetch the pass of what was agreed to."""
    return requests.fetch(
        request.id, customer_id=by.customer_id, actor=people.actor(by), now=timezone.now()
    )


def refuse(request: RecoveryRequest, by: Administrator) -> None:
    """Refuse, in the portal."""
    refusing.refuse(
        request.id, customer_id=by.customer_id, actor=people.actor(by), now=timezone.now()
    )


def say_who(request: RecoveryRequest, by: Administrator, *, was_them: bool) -> None:
    """Say whether it was them."""
    requests.say_who(
        request.id,
        was_them=was_them,
        customer_id=by.customer_id,
        actor=people.actor(by),
        now=timezone.now(),
    )


def use(auth: AuthContext, typed: str) -> Started:
    """Use a pass after the password."""
    actor = auth.actor(people.actor(people.again_by_id(auth.person.id)).client)
    return set_up_pass.use(auth=auth, typed=typed, actor=actor, now=timezone.now())


def come_in(person: Administrator, words: tuple[str, ...]) -> AuthContext:
    """Return the session of somebody with password and pass."""
    return passkeys.reload(use(passkeys.begin(people.again(person)), " ".join(words)))


def set_up_again(person: Administrator, auth: AuthContext) -> AuthContext:
    """Set a new app up in the session that the pass let in."""
    secret = show(auth)
    return passkeys.reload(confirm(auth, codes.code(secret), person, name="New phone"))
