"""Setting passwords: one's own, by a mailed link, and at the sign-in step that demands one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password, verify_password
from django.db import transaction

from doorward.accounts import email_change, mail_budget, mailed_links
from doorward.accounts.account import locked
from doorward.accounts.errors import LinkInvalid, WrongStatus
from doorward.accounts.locking import must_still_may
from doorward.accounts.models import Administrator, EmailChange, LinkPurpose, PasswordDue, Status
from doorward.audit import repeats
from doorward.audit.actor import Actor, by_link
from doorward.audit.events import Outcome
from doorward.audit.record import record
from doorward.credentials.errors import PasswordUnchanged, WrongPassword
from doorward.credentials.events import (
    PASSWORD_CHANGED,
    PASSWORD_LINK_SENT,
    PASSWORD_RESET,
    PROOF_FAILED,
    REAUTHENTICATED,
)
from doorward.credentials.password import rules
from doorward.credentials.password.breached import breached_passwords
from doorward.credentials.password.common_passwords import common_passwords
from doorward.credentials.queries import two_factors
from doorward.customers import locking as customer_lock
from doorward.customers.models import CustomerStatus
from doorward.customers.rights import authorise
from doorward.kernel.errors import MustWait, Refusal
from doorward.kernel.ratelimit import limits, throttle
from doorward.permissions.actions import Action
from doorward.sessions import ending, issuing, queries
from doorward.sessions.errors import StaleRequest

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import ClientInfo
    from doorward.sessions.issuing import Started


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password that passed the rules, hashed, and whether it may stand alone (15 characters)."""

    encoded: str
    long: bool

    def columns(self, *, by_link_at: datetime | None = None) -> dict[str, object]:
        """Return the columns of an administrator that it sets; `by_link_at`: when a mailed link set it."""
        return {
            "password_by_link_at": by_link_at,
            "password": self.encoded,
            "password_long": self.long,
            "password_due": PasswordDue.NO,
        }


def accept(
    password: str, *, person: Administrator, now: datetime, factors_go: bool = False
) -> NewPassword:
    """Check a new password by the rules and hash it; wants `customer.brand` at hand.

    `factors_go`: their factors are removed with it. Raises the named refusal (`Password…`). It may ask
    the network, so no transaction may be open.
    """
    chosen = rules.check(
        password,
        two_factors=two_factors(person, now=now, factors_go=factors_go),
        personal=personal_words(person),
        common=common_passwords(),
        breached=breached_passwords(),
    )
    return NewPassword(encoded=make_password(chosen), long=rules.is_long(chosen))


def refuse_current(password: str, *, person: Administrator) -> None:
    """Raise `PasswordUnchanged` for the password that somebody has, where it was not asked for.

    To be asked last, when everything else is right, and under the person's lock: so a wrong guess becomes the
    password, whoever guesses at the same moment has to look again, and nobody learns anything by guessing on.
    """
    if verify_password(rules.normalise(password), person.password)[0]:
        raise PasswordUnchanged


def personal_words(person: Administrator) -> list[str]:
    """Return what a password must not contain: names, e-mail, its local part, customer and brand."""
    return [
        person.first_name,
        person.last_name,
        person.email,
        person.email.partition("@")[0],
        person.customer.name,
        person.customer.brand.name,
    ]


def change(
    *,
    administrator_id: UUID,
    current: str,
    password: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Change one's own password; the current one is asked for, counted like a sign-in."""
    authorise(actor, Action.CHANGE_OWN_PASSWORD, subject=administrator_id)
    person = _person(administrator_id)
    _verify_current(person, current, field="current", actor=actor, now=now)
    if verify_password(rules.normalise(password), person.password)[0]:
        raise PasswordUnchanged
    new = accept(password, person=person, now=now)
    with transaction.atomic():
        _write(person, new)
        _withdraw(person, now=now)
        ending.end_others(administrator_id=person.id, keep=actor.session_id, now=now)
        record(PASSWORD_CHANGED, actor=actor)


def reauthenticate(  # noqa: PLR0913 - the password, and the session whose proof it is
    *,
    administrator_id: UUID,
    password: str,
    session_id: UUID,
    old_hash: bytes,
    actor: Actor,
    now: datetime,
) -> Started:
    """Check a person's password as reauthentication, counted like a sign-in; the session gets a new identifier.

    Raises `WrongPassword`, `MustWait`, or `StaleRequest` where the session was stepped up meanwhile.
    """
    person = _person(administrator_id)
    _verify_current(person, password, field="password", actor=actor, now=now)
    with transaction.atomic():
        record(REAUTHENTICATED, actor=actor)
        # A link that began the session keeps its own time: the password does not make it recent again.
        queries.forget_link(session_id)
        return issuing.step_up(session_id, old_hash=old_hash, password_at=now)


def set_due(*, administrator_id: UUID, password: str, actor: Actor, now: datetime) -> None:
    """Set the password that the gate demands (row 8), and end all other sessions.

    Raises `StaleRequest` where none is due any more: the current password is not asked for, so what was due
    once may be set once.
    """
    authorise(actor, Action.SET_DUE_PASSWORD, subject=administrator_id)
    person = _person(administrator_id)
    new = accept(password, person=person, now=now)
    with transaction.atomic():
        today = locked(person.id)
        if today.password != person.password or not _is_due(today, now=now):
            raise StaleRequest
        refuse_current(password, person=person)
        _write(person, new)
        _withdraw(person, now=now)
        ending.end_others(administrator_id=person.id, keep=actor.session_id, now=now)
        record(PASSWORD_CHANGED, actor=actor, details={"reason": "due"})


def send_link(*, person: Administrator, actor: Actor, now: datetime) -> None:
    """Mail a colleague a link to set a new password; an older one stops working."""
    authorise(actor, Action.SEND_PASSWORD_LINK, person.customer_id, subject=person.id)
    if person.status != Status.ACTIVE:
        raise WrongStatus
    with transaction.atomic():
        customer_lock.hold(person.customer_id)
        must_still_may(actor, Action.SEND_PASSWORD_LINK, person.customer_id, subject=person.id)
        mail_budget.spend(person.email, actor=actor, now=now)
        mailed_links.revoke(person, purposes=(LinkPurpose.RESET,), now=now)
        link = mailed_links.make(LinkPurpose.RESET, administrator_id=person.id, now=now)
        record(
            PASSWORD_LINK_SENT, actor=actor, subject=person.who(), details={"link": str(link.id)}
        )


def reset(
    *,
    token: str,
    password: str,
    browser_token: str,
    client: ClientInfo,
    now: datetime,
) -> Started:
    """Set a password by a mailed link and begin a session; all others end, the second factor stays."""
    link = mailed_links.find(token, purposes=(LinkPurpose.RESET,), now=now, host=client.host)
    person = link.administrator
    if person.status != Status.ACTIVE or person.customer.status != CustomerStatus.ACTIVE:
        raise LinkInvalid
    new = accept(password, person=person, now=now)
    actor = Actor(person=person.who(), client=client, credential=by_link(link.id))
    with transaction.atomic():
        mailed_links.consume(link, now=now)
        replace_by_link(person, new, browser_token=browser_token, now=now)
        email_change.mark_proved(person.id, now=now)
        record(PASSWORD_RESET, actor=actor)
        return begin_from_link(person.id, browser_token=browser_token, actor=actor, now=now)


def replace_by_link(
    person: Administrator, new: NewPassword, *, browser_token: str, now: datetime
) -> None:
    """Write a password that a link sets, in the caller's transaction, and end what was begun with the old one.

    Raises `StaleRequest` where another one was set meanwhile.
    """
    _write(person, new, by_link_at=now)
    _withdraw(person, now=now)
    forget_failures(person, browser_token=browser_token)
    ending.end_others(administrator_id=person.id, keep=None, now=now)


def begin_from_link(
    administrator_id: UUID,
    *,
    browser_token: str,
    actor: Actor,
    now: datetime,
    **verified: datetime,
) -> Started:
    """Begin a session for who has just set a password by a mailed link (row 4: no mailbox proof).

    `verified`: what else the link stands for.
    """
    return issuing.begin(
        _person(administrator_id),
        actor=actor,
        now=now,
        password_at=now,
        from_link=True,
        **verified,
        browser_hash=issuing.browser_hash(browser_token),
    )


def forget_failures(person: Administrator, *, browser_token: str = "") -> None:
    """Let a person's password be tried again from any browser, as a reset by mail does.

    Browsers that were known are so no longer, but for the one in which it is reset.
    """
    browser = issuing.browser_hash(browser_token)
    throttle.reset(
        [
            limits.password_key(person.email_folded),
            limits.password_key(person.email_folded, browser=browser),
        ]
    )


def _is_due(person: Administrator, *, now: datetime) -> bool:
    """Return whether somebody has to set a password (row 8): their row says so, or theirs is too short alone."""
    if person.password_due != PasswordDue.NO:
        return True
    return not person.password_long and not two_factors(person, now=now)


def _person(administrator_id: UUID) -> Administrator:
    people = Administrator.objects.everywhere().select_related("customer__brand")
    return people.get(id=administrator_id)


def _verify_current(
    person: Administrator, current: str, *, field: str, actor: Actor, now: datetime
) -> None:
    """Look at the current password; counted for this session alone, so that no other browser has to wait."""
    keys = [limits.proof_key(actor.session_id or person.id)]
    try:
        throttle.reserve(keys, now=now)
    except MustWait as refusal:
        _record_failed_proof(refusal, actor=actor, now=now)
        raise
    chosen = rules.normalise(current)[: rules.MAXIMUM + 1]
    if not verify_password(chosen, person.password)[0]:
        wrong = WrongPassword(field=field)
        throttle.was_wrong(keys, now=now)
        _record_failed_proof(wrong, actor=actor, now=now)
        raise wrong
    throttle.was_right(keys)


def _record_failed_proof(refusal: Refusal, *, actor: Actor, now: datetime) -> None:
    details = {"reason": refusal.code}
    if isinstance(refusal, MustWait):
        failed, seconds = Outcome.FAILED, refusal.seconds
        repeats.record_once(
            PROOF_FAILED, actor=actor, outcome=failed, details=details, seconds=seconds, now=now
        )
        return
    with transaction.atomic():
        record(PROOF_FAILED, actor=actor, outcome=Outcome.FAILED, details=details)


def _withdraw(person: Administrator, *, now: datetime) -> None:
    """Take back what somebody who knew the old password may have begun, in the caller's transaction.

    Reset links, a second address that waits, and a change of e-mail that the account itself asked for: confirmed
    later, it would move the mailbox to the thief after all. A colleague's change has a veto of its own.
    """
    begun = (LinkPurpose.RESET, LinkPurpose.SECOND_ADDRESS)
    mailed_links.revoke(person, purposes=begun, now=now)
    own = EmailChange.objects.filter(
        administrator=person, by_colleague=False, closed_at__isnull=True
    )
    if own.update(closed_at=now):
        email_links = (LinkPurpose.EMAIL_NEW, LinkPurpose.EMAIL_OLD)
        mailed_links.revoke(person, purposes=email_links, now=now)


def _write(person: Administrator, new: NewPassword, *, by_link_at: datetime | None = None) -> None:
    # Compare-and-set: of two changes at once one wins, and the other is told.
    rows = Administrator.objects.everywhere().filter(id=person.id, password=person.password)
    if rows.update(**new.columns(by_link_at=by_link_at)) != 1:
        raise StaleRequest
