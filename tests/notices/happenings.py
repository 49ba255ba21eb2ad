"""Each event that somebody is told of, made to happen by the services that really do it.

What happens, happens to `stage.person` (or to their colleague, who has the Administrators tab).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from doorward.administrators import (
    email_change,
    forgotten,
    invitations,
    links,
    mailbox,
    passwords,
    services,
    sessions,
    signing_in,
)
from doorward.administrators.models import Administrator, LinkPurpose, MailedLink, Status
from doorward.audit.events import Kind, Outcome
from doorward.audit.origin import CONSOLE, By, Origin
from doorward.audit.services import record
from doorward.core import attempts
from doorward.core.errors import Refusal
from doorward.core.steps import FactorKind
from doorward.customers import services as customers
from doorward.customers.models import Customer, CustomerStatus
from doorward.mfa import not_me, policies, proving, recovery, set_up, trusted
from doorward.mfa import services as mfa
from doorward.mfa.facts import Loaded, load, policy_of
from doorward.mfa.models import Factor
from tests import passkeys, support

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from doorward.administrators.sessions import Started

ORIGIN = Origin(address="203.0.113.24", browser=support.CHROME, request_id="r1")
STAFF_EMAIL = "nora.whitfield@provider.example"
STAFF_TABS = ("home", "administrators", "customers")


@dataclass
class Stage:
    """Two people of one customer; the owner has the Administrators tab, the person has not."""

    person: Administrator
    owner: Administrator
    now: datetime = field(default_factory=timezone.now)

    @property
    def by_owner(self) -> By:
        return By(who=self.owner.who(), origin=ORIGIN)

    @property
    def by_person(self) -> By:
        return By(who=self.person.who(), origin=ORIGIN)

    def knows_password(self) -> Started:
        """A browser in which the right password was entered."""
        return signing_in.prove_password(
            email=self.person.email,
            password=support.PASSWORD,
            browser_token="",
            next_path="",
            origin=ORIGIN,
            now=self.now,
        )

    def signed_in(self) -> Loaded:
        """A browser in which the person is through."""
        started = self.knows_password()
        by = By(who=self.person.who(), origin=ORIGIN, session_id=started.session_id)
        sessions.mark_signed_in(
            started.session_id, by=by, now=self.now, with_what="password", known_browser=True
        )
        return self.loaded(started)

    def loaded(self, started: Started) -> Loaded:
        loaded = load(started.token)
        assert loaded is not None
        return loaded

    def token(self, purpose: LinkPurpose) -> str:
        """The token of the newest link of a purpose, as it is mailed."""
        link = MailedLink.objects.filter(purpose=purpose).latest("created_at")
        return links.path(link).rstrip("/").rpartition("/")[2]


def signed_in(stage: Stage) -> None:
    started = stage.knows_password()
    by = By(who=stage.person.who(), origin=ORIGIN, session_id=started.session_id)
    sessions.mark_signed_in(
        started.session_id, by=by, now=stage.now, with_what="password", known_browser=False
    )


def sign_in_abandoned(stage: Stage) -> None:
    stage.knows_password()
    assert sessions.close_abandoned(now=stage.now + timedelta(hours=1)) == 1


def signed_out(stage: Stage) -> None:
    started = stage.knows_password()
    by = By(who=stage.person.who(), origin=ORIGIN, session_id=started.session_id)
    sessions.sign_out(started.session_id, by=by, now=stage.now)


def mailbox_proof_sent(stage: Stage) -> None:
    loaded = stage.loaded(stage.knows_password())
    mailbox.send(session_id=loaded.browser.session_id, by=loaded.by(ORIGIN), now=stage.now)


def enabled(stage: Stage) -> None:
    loaded = stage.signed_in()
    secret = set_up.begin(session_id=loaded.browser.session_id, now=stage.now)
    code = support.code(secret, now=stage.now)
    set_up.confirm(loaded=loaded, code=code, name="Pixel 9", by=loaded.by(ORIGIN), now=stage.now)


def factor_added(stage: Stage) -> None:
    support.enable_app(stage.person, name="Old phone")
    enabled(stage)


def factor_removed(stage: Stage) -> None:
    support.enable_app(stage.person, name="Old phone")
    support.enable_app(stage.person, name="Pixel 9")
    loaded = stage.signed_in()
    old = Factor.objects.get(name="Old phone")
    mfa.remove(old.id, loaded=loaded, by=loaded.by(ORIGIN), now=stage.now)


def factor_locked(stage: Stage) -> None:
    support.enable_app(stage.person)
    Factor.objects.update(failures_in_a_row=49)
    loaded = stage.signed_in()
    try:
        mfa.disable(loaded=loaded, proof="000000", by=loaded.by(ORIGIN), now=stage.now)
    except Refusal:
        return
    raise AssertionError("a wrong code was taken")


def fail_second_step(stage: Stage, times: int = 1) -> None:
    """Try wrong codes after the right password."""
    loaded = stage.loaded(stage.knows_password())
    for _ in range(times):
        try:
            proving.prove_second_step(
                loaded=loaded,
                code="000000",
                completes=True,
                by=loaded.by(ORIGIN),
                now=stage.now,
            )
        except Refusal:
            continue
        raise AssertionError("a wrong code was taken")


def passkey_counted_backwards(stage: Stage) -> None:
    key = passkeys.add(stage.person)
    key.sign_count = -1
    loaded = stage.loaded(stage.knows_password())
    passkeys.prove_second_step(loaded, key, by=loaded.by(ORIGIN))


def second_step_guessed(stage: Stage) -> None:
    support.enable_app(stage.person)
    fail_second_step(stage, times=attempts.TELL_AT)


def guessing_alarm(stage: Stage) -> None:
    support.enable_app(stage.person)
    details = {"reason": "wrong_code"}
    for _ in range(attempts.ALARM_AT - 1):
        with transaction.atomic():
            record(Kind.PROOF_FAILED, by=stage.by_person, outcome=Outcome.FAILED, details=details)
    fail_second_step(stage)


def disabled(stage: Stage) -> None:
    secret = support.enable_app(stage.person)
    loaded = stage.signed_in()
    code = support.code(secret, now=stage.now)
    mfa.disable(loaded=loaded, proof=code, by=loaded.by(ORIGIN), now=stage.now)


def two_factor_reset(stage: Stage) -> None:
    support.enable_app(stage.person)
    mfa.reset(stage.person, by=CONSOLE, now=stage.now)


def change(stage: Stage, **wanted: object) -> None:
    services.change(
        stage.person.id,
        services.Change(**wanted),  # type: ignore[arg-type]
        customer=stage.person.customer,
        by=stage.by_owner,
        now=stage.now,
    )


def required(stage: Stage) -> None:
    change(stage, require_2fa=True)


def no_longer_required(stage: Stage) -> None:
    Administrator.objects.everywhere().filter(id=stage.person.id).update(require_2fa=True)
    change(stage, require_2fa=False)


def sessions_ended(stage: Stage) -> None:
    who, policy = stage.person.who(), policy_of(stage.person)
    sessions.end_all_of(subject=who, policy=policy, by=stage.by_owner, now=stage.now)


def suspended(stage: Stage) -> None:
    change(stage, status=Status.SUSPENDED, confirmed=True)


def restored(stage: Stage) -> None:
    people = Administrator.objects.everywhere().filter(id=stage.person.id)
    people.update(status=Status.SUSPENDED)
    change(stage, status=Status.ACTIVE)


def removed(stage: Stage) -> None:
    change(stage, status=Status.REMOVED, confirmed=True)


def rights_changed(stage: Stage) -> None:
    change(stage, tabs=support.ALL_TABS)


def codes_made(stage: Stage) -> None:
    support.enable_app(stage.person)
    loaded = stage.signed_in()
    recovery.make_new(loaded=loaded, by=loaded.by(ORIGIN), now=stage.now)


def recovery_code_used(stage: Stage) -> None:
    support.enable_app(stage.person)
    recovery.make(stage.person, now=stage.now)
    codes = recovery.unsaved(stage.person.id)
    recovery.confirm_saved(administrator_id=stage.person.id, by=stage.by_person, now=stage.now)
    loaded = stage.loaded(stage.knows_password())
    recovery.use(loaded=loaded, code=codes[0], by=loaded.by(ORIGIN), now=stage.now)


def browser_trusted(stage: Stage) -> None:
    support.enable_app(stage.person)
    Customer.objects.filter(id=stage.person.customer_id).update(trust_days=30)
    loaded = stage.loaded(stage.knows_password())
    trusted.begin(
        loaded=loaded, kind=FactorKind.APP, old_token="", by=loaded.by(ORIGIN), now=stage.now
    )


def this_was_not_me(stage: Stage) -> None:
    enabled(stage)
    not_me.undo(
        token=stage.token(LinkPurpose.NOT_ME),
        password=support.OTHER_PASSWORD,
        browser_token="",
        origin=ORIGIN,
        now=stage.now,
    )


def password_changed(stage: Stage) -> None:
    passwords.change(
        administrator_id=stage.person.id,
        current=support.PASSWORD,
        password=support.OTHER_PASSWORD,
        two_factors=False,
        by=stage.by_person,
        now=stage.now,
    )


def link_asked(stage: Stage) -> None:
    forgotten.ask(email=stage.person.email, origin=ORIGIN, now=stage.now)
    forgotten.answer(now=stage.now)


def link_sent(stage: Stage) -> None:
    passwords.send_link(person=stage.person, by=stage.by_owner, now=stage.now)


def password_reset(stage: Stage) -> None:
    link_sent(stage)
    passwords.reset(
        token=stage.token(LinkPurpose.RESET),
        password=support.OTHER_PASSWORD,
        two_factors=False,
        browser_token="",
        origin=ORIGIN,
        now=stage.now,
    )


NEW_EMAIL = "ines@new-home.example"


def email_asked(stage: Stage) -> None:
    email_change.ask(stage.person, NEW_EMAIL, by=stage.by_person, now=stage.now)


def email_asked_by_colleague(stage: Stage) -> None:
    email_change.ask(stage.person, NEW_EMAIL, by=stage.by_owner, now=stage.now)


def _answer(stage: Stage, purpose: LinkPurpose, *, stop: bool) -> None:
    email_change.answer(
        token=stage.token(purpose), stop=stop, origin=ORIGIN, session_id=None, now=stage.now
    )


def email_stopped(stage: Stage) -> None:
    email_asked_by_colleague(stage)
    _answer(stage, LinkPurpose.EMAIL_OLD, stop=True)


def email_changed(stage: Stage) -> None:
    email_asked(stage)
    _answer(stage, LinkPurpose.EMAIL_NEW, stop=False)


def invited(stage: Stage) -> None:
    Administrator.objects.everywhere().filter(id=stage.person.id).update(status=Status.INVITED)
    invitations.resend(support.again(stage.person), by=stage.by_owner, now=stage.now)


def asked_for_invitation(stage: Stage) -> None:
    invited(stage)
    MailedLink.objects.update(expires_at=stage.now)
    invitations.ask_again(token=stage.token(LinkPurpose.INVITATION), origin=ORIGIN, now=stage.now)


def policy_changed(stage: Stage) -> None:
    wanted = customers.PolicyChange(require_2fa=True, grace_days=7, trust_days=30)
    policies.change_policy(stage.person.customer, wanted, by=stage.by_owner, now=stage.now)


def floor_changed(stage: Stage) -> None:
    customer = stage.person.customer
    wanted = customers.CustomerChange(
        name=customer.name,
        brand_id=customer.brand_id,
        status=CustomerStatus.ACTIVE,
        floor_require_2fa=True,
    )
    customers.change(customer.id, wanted, by=stage.by_owner)


def protection_lowered(stage: Stage) -> None:
    staff = support.make_administrator(
        support.provider(), email=STAFF_EMAIL, name="Nora Whitfield", tabs=STAFF_TABS
    )
    language = support.again(stage.person).language
    Administrator.objects.everywhere().filter(id=staff.id).update(language=language)
    policies.change_policy(
        stage.person.customer,
        customers.PolicyChange(session_hours=20),
        by=By(who=staff.who(), origin=ORIGIN),
        now=stage.now,
    )


HAPPENINGS: dict[Kind, Callable[[Stage], None]] = {
    Kind.SIGNED_IN: signed_in,
    Kind.SIGN_IN_ABANDONED: sign_in_abandoned,
    Kind.SIGNED_OUT: signed_out,
    Kind.MAILBOX_PROOF_SENT: mailbox_proof_sent,
    Kind.TWO_FACTOR_ENABLED: enabled,
    Kind.TWO_FACTOR_DISABLED: disabled,
    Kind.TWO_FACTOR_RESET: two_factor_reset,
    Kind.TWO_FACTOR_REQUIRED: required,
    Kind.TWO_FACTOR_NO_LONGER_REQUIRED: no_longer_required,
    Kind.FACTOR_ADDED: factor_added,
    Kind.FACTOR_REMOVED: factor_removed,
    Kind.FACTOR_LOCKED: factor_locked,
    Kind.SECOND_STEP_GUESSED: second_step_guessed,
    Kind.PASSKEY_COUNTER: passkey_counted_backwards,
    Kind.GUESSING_ALARM: guessing_alarm,
    Kind.RECOVERY_CODES_MADE: codes_made,
    Kind.RECOVERY_CODE_USED: recovery_code_used,
    Kind.BROWSER_TRUSTED: browser_trusted,
    Kind.NOT_ME: this_was_not_me,
    Kind.PASSWORD_CHANGED: password_changed,
    Kind.PASSWORD_LINK_SENT: link_sent,
    Kind.PASSWORD_LINK_ASKED: link_asked,
    Kind.PASSWORD_RESET: password_reset,
    Kind.EMAIL_CHANGE_ASKED: email_asked,
    Kind.EMAIL_CHANGE_STOPPED: email_stopped,
    Kind.EMAIL_CHANGED: email_changed,
    Kind.INVITATION_SENT: invited,
    Kind.INVITATION_ASKED: asked_for_invitation,
    Kind.RIGHTS_CHANGED: rights_changed,
    Kind.OTHER_SESSIONS_ENDED: sessions_ended,
    Kind.ADMINISTRATOR_SUSPENDED: suspended,
    Kind.ADMINISTRATOR_RESTORED: restored,
    Kind.ADMINISTRATOR_REMOVED: removed,
    Kind.POLICY_CHANGED: policy_changed,
    Kind.FLOOR_CHANGED: floor_changed,
    Kind.PROTECTION_LOWERED: protection_lowered,
}
