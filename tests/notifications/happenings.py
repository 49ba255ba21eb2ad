"""Each event that somebody is told of, made to happen by the services that really do it.

What happens, happens to `stage.person` (or to their colleague, who has the Administrators tab).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from doorward.accounts import (
    email_change,
    exceptions,
    first_link,
    invitations,
    mailed_links,
    second_address,
    services,
)
from doorward.accounts.events import (
    ADMINISTRATOR_REMOVED,
    ADMINISTRATOR_RESTORED,
    ADMINISTRATOR_SUSPENDED,
    EMAIL_CHANGE_ASKED,
    EMAIL_CHANGE_STOPPED,
    EMAIL_CHANGED,
    EXCEPTION_ENDED,
    EXCEPTION_MADE,
    INVITATION_ASKED,
    INVITATION_SENT,
    RIGHTS_CHANGED,
    SECOND_ADDRESS_ADDED,
    SECOND_ADDRESS_ASKED,
    SECOND_ADDRESS_REMOVED,
    TWO_FACTOR_NO_LONGER_REQUIRED,
    TWO_FACTOR_REQUIRED,
)
from doorward.accounts.models import Administrator, LinkPurpose, MailedLink, Status
from doorward.accounts.required_of import policy_of
from doorward.audit.actor import CONSOLE, Actor, ClientInfo, by_session
from doorward.audit.events import EVIDENCE_MADE, EventType, Outcome
from doorward.audit.record import record
from doorward.credentials import removal as mfa
from doorward.credentials import suspension
from doorward.credentials.events import (
    BROWSER_TRUSTED,
    FACTOR_ADDED,
    FACTOR_LOCKED,
    FACTOR_REMOVED,
    FACTOR_TAKEN_BACK,
    GUESSING_ALARM,
    PASSKEY_COUNTER,
    PASSWORD_CHANGED,
    PASSWORD_LINK_SENT,
    PASSWORD_RESET,
    PROOF_FAILED,
    RECOVERED,
    RECOVERY_CODE_USED,
    RECOVERY_CODES_MADE,
    SECOND_STEP_GUESSED,
    TWO_FACTOR_DISABLED,
    TWO_FACTOR_ENABLED,
    TWO_FACTOR_RESET,
)
from doorward.credentials.models import Factor
from doorward.credentials.password import change as password_change
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.credentials.totp import enrol
from doorward.credentials.trusted_browsers import policy_change, trust
from doorward.customers import deletion, exports
from doorward.customers import services as customers
from doorward.customers.events import (
    CUSTOMER_DELETION_ASKED,
    CUSTOMER_EXPORTED,
    PROTECTION_LOWERED,
)
from doorward.customers.models import Customer, CustomerKind, CustomerStatus
from doorward.gate.loading import load
from doorward.kernel.errors import Refusal
from doorward.kernel.ratelimit import rules
from doorward.managing import end as managing_end
from doorward.managing.events import (
    MANAGING_AGREED,
    MANAGING_ASKED,
    MANAGING_BEGUN,
    MANAGING_CHANGES_ASKED,
    MANAGING_ENDED,
    MANAGING_REFUSED,
)
from doorward.managing.models import Managing
from doorward.policy import versions
from doorward.policy.events import (
    MINIMUM_BEGAN,
    MINIMUM_CHANGED,
    MINIMUM_PLANNED,
    MINIMUM_WAVE_PAUSED,
    MINIMUM_WITHDRAWN,
    POLICY_BEGAN,
    POLICY_CHANGED,
    POLICY_PLANNED,
    POLICY_WITHDRAWN,
    WAVE_PAUSED,
)
from doorward.policy.fields import LOOSEST, RecoveryBy, RequiredOf, Values
from doorward.policy.rules import FactorKind
from doorward.policy.versions import Wanted
from doorward.recovery import (
    due_requests,
    lost_device,
    not_me,
    refusing,
    requests,
    rescue,
    set_up_pass,
    waiting,
)
from doorward.recovery import help as helping
from doorward.recovery.errors import PassWrong
from doorward.recovery.events import (
    DEVICE_LOST,
    DEVICE_SUSPENDED,
    HELP_AGREED,
    HELP_ASKED,
    HELP_ENDED,
    HELP_GAVE_WAY,
    HELP_REFUSED,
    HELPED,
    NOT_ME,
    PASS_ENDED,
    PASS_MAILED,
    RECOVERY_DENIED,
    RESCUE_USED,
    RESCUED,
    SUPPORT_ASKED,
    WAIT_ASKED,
)
from doorward.rollout import reminders, waiting_waves, weekly
from doorward.rollout.events import ADOPTION_MAILED, REMINDED
from doorward.sessions import ending, issuing
from doorward.sessions.events import OTHER_SESSIONS_ENDED, SIGN_IN_ABANDONED, SIGNED_IN, SIGNED_OUT
from doorward.signin import first_member, forgotten_password, mailbox, password, second_step
from doorward.signin.events import FIRST_MEMBER_ADDED, MAILBOX_PROOF_SENT, PASSWORD_LINK_ASKED
from doorward.signin.take_back import take_back
from tests.kit import browsers, managing, passkeys, policies
from tests.kit import codes as kit_codes
from tests.kit import people as kit_people
from tests.kit.email_changes import ask_email
from tests.kit.recovering import ask_as_support, long_ago, make_staff, second_helper

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.test import Client

    from doorward.policy.models import PolicyVersion
    from doorward.policy.versions import Owner
    from doorward.sessions.context import AuthContext
    from doorward.sessions.issuing import Started

ORIGIN = ClientInfo(address="203.0.113.24", browser=kit_people.CHROME, request_id="r1")
STAFF_EMAIL = "nora.whitfield@provider.example"
STAFF_TABS = ("home", "administrators", "customers")


@dataclass
class Stage:
    """Two people of one customer; the owner has the Administrators tab, the person has not."""

    person: Administrator
    owner: Administrator
    now: datetime = field(default_factory=timezone.now)

    @property
    def by_owner(self) -> Actor:
        return Actor(person=self.owner.who(), client=ORIGIN)

    @property
    def by_person(self) -> Actor:
        return Actor(person=self.person.who(), client=ORIGIN)

    def knows_password(self) -> Started:
        """A browser in which the right password was entered."""
        return password.sign_in(
            email=self.person.email,
            password=kit_people.PASSWORD,
            browser_token="",
            next_path="",
            client=ORIGIN,
            now=self.now,
        )

    def signed_in(self) -> AuthContext:
        """A browser in which the person is through."""
        started = self.knows_password()
        actor = Actor(
            person=self.person.who(), client=ORIGIN, credential=by_session(started.session_id)
        )
        issuing.mark_signed_in(
            started.session_id, actor=actor, now=self.now, with_what="password", known_browser=True
        )
        return self.auth(started)

    def auth(self, started: Started) -> AuthContext:
        auth = load(started.token, now=self.now)
        assert auth is not None
        return auth

    def token(self, purpose: LinkPurpose) -> str:
        """The token of the newest link of a purpose, as it is mailed."""
        link = MailedLink.objects.filter(purpose=purpose).latest("created_at")
        return mailed_links.path(link).rstrip("/").rpartition("/")[2]


def signed_in(stage: Stage) -> None:
    started = stage.knows_password()
    actor = Actor(
        person=stage.person.who(), client=ORIGIN, credential=by_session(started.session_id)
    )
    issuing.mark_signed_in(
        started.session_id, actor=actor, now=stage.now, with_what="password", known_browser=False
    )


def sign_in_abandoned(stage: Stage) -> None:
    stage.knows_password()
    assert ending.close_abandoned(now=stage.now + timedelta(hours=1)) == 1


def signed_out(stage: Stage) -> None:
    started = stage.knows_password()
    actor = Actor(
        person=stage.person.who(), client=ORIGIN, credential=by_session(started.session_id)
    )
    ending.sign_out(started.session_id, actor=actor, now=stage.now)


def mailbox_proof_sent(stage: Stage) -> None:
    auth = stage.auth(stage.knows_password())
    mailbox.send(session_id=auth.browser.session_id, actor=auth.actor(ORIGIN), now=stage.now)


def enabled(stage: Stage) -> None:
    auth = stage.signed_in()
    secret = enrol.begin(session_id=auth.browser.session_id, now=stage.now)
    code = kit_codes.code(secret, now=stage.now)
    enrol.confirm(auth=auth, code=code, name="Pixel 9", actor=auth.actor(ORIGIN), now=stage.now)


def factor_added(stage: Stage) -> None:
    kit_codes.enable_app(stage.person, name="Old phone")
    enabled(stage)


def _helped(stage: Stage) -> helping.Helped:
    for person in (stage.owner, stage.person):
        if not Factor.objects.filter(administrator=person).exists():
            kit_codes.enable_app(person)
    return helping.help_person(
        stage.person.id,
        how="Called back.",
        customer_id=stage.person.customer_id,
        actor=stage.by_owner,
        now=stage.now,
    )


def helped(stage: Stage) -> None:
    _helped(stage)


def help_asked(stage: Stage) -> helping.Helped:
    policies.ask(stage.person.customer_id, recovery_by=RecoveryBy.TWO)
    return _helped(stage)


def help_agreed(stage: Stage) -> None:
    other = second_helper(stage.owner)
    requests.agree(
        help_asked(stage).request.id,
        customer_id=stage.owner.customer_id,
        actor=Actor(person=other.who(), client=ORIGIN),
        now=stage.now,
    )
    people = Administrator.objects.of(other.customer_id).filter(id=other.id)
    people.update(status=Status.SUSPENDED)


def help_refused(stage: Stage) -> None:
    refusing.refuse(
        help_asked(stage).request.id,
        customer_id=stage.owner.customer_id,
        actor=stage.by_owner,
        now=stage.now,
    )


def support_asked(stage: Stage) -> None:
    kit_codes.enable_app(stage.person)
    staff = make_staff(STAFF_EMAIL)
    long_ago(stage.owner)
    language = kit_people.again(stage.owner).language
    Administrator.objects.everywhere().filter(id=staff.id).update(language=language)
    ask_as_support(stage.person, staff, now=stage.now)


def help_ended(stage: Stage) -> None:
    support_asked(stage)
    due_requests.end_due(now=stage.now + timedelta(hours=72))


def help_gave_way(stage: Stage) -> None:
    support_asked(stage)
    helping.help_person(
        stage.person.id,
        how="By phone.",
        customer_id=stage.owner.customer_id,
        actor=Actor(person=second_helper(stage.owner).who(), client=ORIGIN),
        now=stage.now,
    )


def wait_asked(stage: Stage) -> None:
    policies.ask(stage.person.customer_id, recovery_wait_hours=24)
    kit_codes.enable_app(stage.person)
    proved = {"password_at": stage.now, "mailbox_at": stage.now}
    started = issuing.begin(stage.person, actor=stage.by_person, now=stage.now, **proved)
    auth = load(started.token, now=stage.now)
    assert auth is not None
    waiting.ask(auth=auth, actor=auth.actor(ORIGIN), now=stage.now)


def pass_mailed(stage: Stage) -> None:
    wait_asked(stage)
    due_requests.end_due(now=stage.now + timedelta(hours=24))


def _use(stage: Stage, typed: str) -> AuthContext:
    person = kit_people.again(stage.person)
    started = issuing.begin(person, actor=stage.by_person, now=stage.now, password_at=stage.now)
    auth = load(started.token, now=stage.now)
    assert auth is not None
    used = set_up_pass.use(auth=auth, typed=typed, actor=auth.actor(ORIGIN), now=stage.now)
    after = load(used.token, now=stage.now)
    assert after is not None
    return after


def pass_ended(stage: Stage) -> None:
    _helped(stage)
    for _ in range(5):
        with suppress(PassWrong):
            _use(stage, "wrong")


def recovered(stage: Stage) -> helping.Helped:
    done = _helped(stage)
    auth = _use(stage, " ".join(done.words))
    secret = enrol.begin(session_id=auth.browser.session_id, now=stage.now)
    code, actor = kit_codes.code(secret, now=stage.now), auth.actor(ORIGIN)
    enrol.confirm(auth=auth, code=code, name="New phone", actor=actor, now=stage.now)
    return done


def recovery_denied(stage: Stage) -> None:
    requests.say_who(
        recovered(stage).request.id,
        was_them=False,
        customer_id=stage.owner.customer_id,
        actor=stage.by_owner,
        now=stage.now,
    )


def factor_taken_back(stage: Stage) -> None:
    secret = kit_codes.enable_app(stage.person)
    with transaction.atomic():
        suspension.suspend(stage.person.id, now=stage.now)
    auth = load(stage.knows_password().token, now=stage.now)
    assert auth is not None
    code = kit_codes.code(secret, now=stage.now)
    take_back(auth=auth, proof=code, actor=auth.actor(ORIGIN), now=stage.now)


def factor_removed(stage: Stage) -> None:
    kit_codes.enable_app(stage.person, name="Old phone")
    kit_codes.enable_app(stage.person, name="Pixel 9")
    auth = stage.signed_in()
    old = Factor.objects.get(name="Old phone")
    mfa.remove(old.id, auth=auth, actor=auth.actor(ORIGIN), now=stage.now)


def factor_locked(stage: Stage) -> None:
    kit_codes.enable_app(stage.person)
    Factor.objects.update(failures_in_a_row=49)
    auth = stage.signed_in()
    try:
        mfa.disable(auth=auth, proof="000000", actor=auth.actor(ORIGIN), now=stage.now)
    except Refusal:
        return
    raise AssertionError("a wrong code was taken")


def fail_second_step(stage: Stage, times: int = 1) -> None:
    """Try wrong codes after the right password."""
    auth = stage.auth(stage.knows_password())
    for _ in range(times):
        try:
            second_step.verify_code(
                auth=auth,
                code="000000",
                actor=auth.actor(ORIGIN),
                now=stage.now,
            )
        except Refusal:
            continue
        raise AssertionError("a wrong code was taken")


def passkey_counted_backwards(stage: Stage) -> None:
    key = passkeys.add(stage.person)
    key.sign_count = -1
    auth = stage.auth(stage.knows_password())
    passkeys.verify_second_step(auth, key, actor=auth.actor(ORIGIN))


def second_step_guessed(stage: Stage) -> None:
    kit_codes.enable_app(stage.person)
    fail_second_step(stage, times=rules.TELL_AT)


def guessing_alarm(stage: Stage) -> None:
    kit_codes.enable_app(stage.person)
    details = {"reason": "wrong_code"}
    for _ in range(rules.ALARM_AT - 1):
        with transaction.atomic():
            record(PROOF_FAILED, actor=stage.by_person, outcome=Outcome.FAILED, details=details)
    fail_second_step(stage)


def disabled(stage: Stage) -> None:
    secret = kit_codes.enable_app(stage.person)
    auth = stage.signed_in()
    code = kit_codes.code(secret, now=stage.now)
    mfa.disable(auth=auth, proof=code, actor=auth.actor(ORIGIN), now=stage.now)


def two_factor_reset(stage: Stage) -> None:
    kit_codes.enable_app(stage.person)
    mfa.reset(stage.person, actor=CONSOLE, now=stage.now)


def change(stage: Stage, **wanted: object) -> None:
    services.change(
        stage.person.id,
        services.Change(**wanted),  # type: ignore[arg-type]
        customer_id=stage.person.customer_id,
        actor=stage.by_owner,
        now=stage.now,
    )


def required(stage: Stage) -> None:
    change(stage, require_2fa=True)


def no_longer_required(stage: Stage) -> None:
    Administrator.objects.everywhere().filter(id=stage.person.id).update(require_2fa=True)
    change(stage, require_2fa=False)


def sessions_ended(stage: Stage) -> None:
    who, policy = stage.person.who(), policy_of(stage.person, now=stage.now)
    ending.end_all_of(subject=who, policy=policy, actor=stage.by_owner, now=stage.now)


def suspended(stage: Stage) -> None:
    change(stage, status=Status.SUSPENDED, confirmed=True)


def restored(stage: Stage) -> None:
    people = Administrator.objects.everywhere().filter(id=stage.person.id)
    people.update(status=Status.SUSPENDED)
    change(stage, status=Status.ACTIVE)


def removed(stage: Stage) -> None:
    change(stage, status=Status.REMOVED, confirmed=True)


def rights_changed(stage: Stage) -> None:
    change(stage, tabs=kit_people.ALL_TABS)


def codes_made(stage: Stage) -> None:
    kit_codes.enable_app(stage.person)
    auth = stage.signed_in()
    recovery_codes.make_new(auth=auth, actor=auth.actor(ORIGIN), now=stage.now)


def recovery_code_used(stage: Stage) -> None:
    kit_codes.enable_app(stage.person)
    recovery_codes.make(stage.person, now=stage.now)
    codes = recovery_codes.unsaved(stage.person.id)
    recovery_codes.confirm_saved(
        administrator_id=stage.person.id, actor=stage.by_person, now=stage.now
    )
    auth = stage.auth(stage.knows_password())
    recovery_codes.use(auth=auth, code=codes[0], actor=auth.actor(ORIGIN), now=stage.now)


def browser_trusted(stage: Stage) -> None:
    kit_codes.enable_app(stage.person)
    policies.ask(stage.person.customer_id, since=stage.now, trust_days=30)
    auth = stage.auth(stage.knows_password())
    trust.begin(
        auth=auth, kind=FactorKind.APP, old_token="", actor=auth.actor(ORIGIN), now=stage.now
    )


def this_was_not_me(stage: Stage) -> None:
    enabled(stage)
    not_me.undo(
        token=stage.token(LinkPurpose.NOT_ME),
        password=kit_people.OTHER_PASSWORD,
        browser_token="",
        client=ORIGIN,
        now=stage.now,
    )


def _of_the_provider(stage: Stage) -> None:
    """Let the two be the provider's people."""
    providers = Customer.objects.filter(kind=CustomerKind.PROVIDER)
    providers.update(kind=CustomerKind.CUSTOMER)
    Customer.objects.filter(id=stage.person.customer_id).update(kind=CustomerKind.PROVIDER)


def rescued(stage: Stage) -> None:
    _of_the_provider(stage)
    rescue.rescue(stage.person, actor=CONSOLE, now=stage.now)


def rescue_used(stage: Stage) -> None:
    rescued(stage)
    rescue.use(
        token=stage.token(LinkPurpose.RESCUE),
        password=kit_people.OTHER_PASSWORD,
        browser_token="",
        client=ORIGIN,
        now=stage.now,
    )


def first_member_added(stage: Stage) -> None:
    _of_the_provider(stage)
    person, rows = kit_people.again(stage.person), Administrator.objects.everywhere()
    rows.update(customer=Customer.objects.get(kind=CustomerKind.CUSTOMER))
    rows.filter(id=person.id).update(email="", email_folded="", second_email="")
    address = first_link.renew(actor=CONSOLE, now=stage.now)
    new = first_member.FirstMember(
        email=person.email,
        first_name="Nora",
        last_name="Weber",
        password=kit_people.OTHER_PASSWORD,
        language=person.language,
    )
    token = address.rstrip("/").rpartition("/")[2]
    first_member.add(new, token=token, browser_token="", client=ORIGIN, now=stage.now)


def password_changed(stage: Stage) -> None:
    password_change.change(
        administrator_id=stage.person.id,
        current=kit_people.PASSWORD,
        password=kit_people.OTHER_PASSWORD,
        actor=stage.by_person,
        now=stage.now,
    )


def link_asked(stage: Stage) -> None:
    forgotten_password.ask(email=stage.person.email, client=ORIGIN, now=stage.now)
    forgotten_password.answer(now=stage.now)


def link_sent(stage: Stage) -> None:
    password_change.send_link(person=stage.person, actor=stage.by_owner, now=stage.now)


def password_reset(stage: Stage) -> None:
    link_sent(stage)
    password_change.reset(
        token=stage.token(LinkPurpose.RESET),
        password=kit_people.OTHER_PASSWORD,
        browser_token="",
        client=ORIGIN,
        now=stage.now,
    )


NEW_EMAIL = "ines@new-home.example"


def email_asked(stage: Stage) -> None:
    ask_email(stage.person, NEW_EMAIL, actor=stage.by_person, now=stage.now)


def email_asked_by_colleague(stage: Stage) -> None:
    ask_email(stage.person, NEW_EMAIL, actor=stage.by_owner, now=stage.now)


def _answer(stage: Stage, purpose: LinkPurpose, *, stop: bool) -> None:
    email_change.answer(
        token=stage.token(purpose), stop=stop, client=ORIGIN, session_id=None, now=stage.now
    )


def email_stopped(stage: Stage) -> None:
    email_asked_by_colleague(stage)
    _answer(stage, LinkPurpose.EMAIL_OLD, stop=True)


def email_changed(stage: Stage) -> None:
    email_asked(stage)
    _answer(stage, LinkPurpose.EMAIL_NEW, stop=False)


SECOND_EMAIL = "ines@another-home.example"


def device_lost(stage: Stage) -> None:
    kit_codes.enable_app(stage.person)
    lost_device.report(
        email=stage.person.email,
        password=kit_people.PASSWORD,
        browser_token="",
        client=ORIGIN,
        now=stage.now,
    )


def device_suspended(stage: Stage) -> None:
    device_lost(stage)
    factor = Factor.objects.get(administrator=stage.person)
    token = stage.token(LinkPurpose.LOST)
    lost_device.suspend(token=token, chosen=[str(factor.id)], client=ORIGIN, now=stage.now)


def second_address_asked(stage: Stage) -> None:
    second_address.ask(stage.person.id, SECOND_EMAIL, actor=stage.by_person, now=stage.now)


def second_address_added(stage: Stage) -> None:
    second_address_asked(stage)
    token = stage.token(LinkPurpose.SECOND_ADDRESS)
    second_address.confirm(token=token, client=ORIGIN, now=stage.now)


def second_address_removed(stage: Stage) -> None:
    second_address_added(stage)
    second_address.remove(stage.person.id, actor=stage.by_person, now=stage.now)


def invited(stage: Stage) -> None:
    Administrator.objects.everywhere().filter(id=stage.person.id).update(status=Status.INVITED)
    invitations.resend(kit_people.again(stage.person), actor=stage.by_owner, now=stage.now)


def asked_for_invitation(stage: Stage) -> None:
    invited(stage)
    MailedLink.objects.update(expires_at=stage.now)
    invitations.ask_again(token=stage.token(LinkPurpose.INVITATION), client=ORIGIN, now=stage.now)


def saved(
    stage: Stage, owner: Owner, values: Values, *, actor: Actor, planned: bool = False
) -> PolicyVersion:
    """Save a version of a policy or a minimum, or plan it for next week."""
    starts_at = stage.now + timedelta(days=7) if planned else None
    wanted = Wanted(values=values, starts_at=starts_at, reason="The auditors ask for it")
    version = policy_change.save(owner, wanted, actor=actor, now=stage.now)
    assert version is not None
    return version


def begun(stage: Stage) -> None:
    """Have what is planned take effect."""
    stage.now += timedelta(days=7)
    assert policy_change.begin_due(now=stage.now) == 1


def policy_saved(stage: Stage, *, planned: bool = False) -> tuple[PolicyVersion, Owner]:
    owner = versions.policy_of_customer(stage.person.customer_id)
    day = (stage.now + timedelta(days=21)).date()
    values = Values(
        required_of=RequiredOf.EVERYONE, from_day=day, newcomer_days=7, waves=True, trust_days=30
    )
    return saved(stage, owner, values, actor=stage.by_owner, planned=planned), owner


def policy_changed(stage: Stage) -> None:
    policy_saved(stage)


def policy_planned(stage: Stage) -> None:
    policy_saved(stage, planned=True)


def policy_withdrawn(stage: Stage) -> None:
    version, owner = policy_saved(stage, planned=True)
    policy_change.withdraw(version.id, owner, actor=stage.by_owner, now=stage.now)


def policy_began(stage: Stage) -> None:
    policy_planned(stage)
    begun(stage)


def evidence_made(stage: Stage) -> None:
    exports.record_evidence(
        stage.person.customer,
        period="2026-07-01 – 2026-09-30",
        checksum="5e" * 32,
        actor=stage.by_owner,
    )


def customer_exported(stage: Stage) -> None:
    exports.record_customer_export(
        stage.person.customer_id, checksum="5e" * 32, actor=CONSOLE, now=stage.now
    )


def exception_made(stage: Stage) -> None:
    policies.require(stage.person.customer_id)
    until = (stage.now + timedelta(days=20)).date().isoformat()
    for reason in ("New phone is on its way", "It is still on its way"):
        exceptions.make(
            stage.person.id,
            reason=reason,
            until=until,
            customer_id=stage.person.customer_id,
            actor=stage.by_owner,
            now=stage.now,
        )


def exception_ended(stage: Stage) -> None:
    exception_made(stage)
    stage.now += timedelta(days=20)
    assert exceptions.end_due(now=stage.now) == 1


def wave_paused(stage: Stage) -> None:
    day = (stage.now + timedelta(days=30)).date()
    policies.require(stage.person.customer_id, from_day=day, waves=True)
    for number in range(6):
        kit_people.make_administrator(
            stage.person.customer, email=f"p{number}@harbourbakery.example", wave_share=1
        )
    Administrator.objects.of(stage.person.customer_id).update(joined_at=None)
    stage.now += timedelta(days=13)
    assert waiting_waves.pause_due(now=stage.now) == 1


def minimum_wave_paused(stage: Stage) -> None:
    """Let a wave of the customer's minimum wait; the person comes to be one of the provider's people who keep it."""
    day = (stage.now + timedelta(days=30)).date()
    policies.require_by_minimum(stage.person.customer_id, from_day=day, waves=True)
    for number in range(6):
        kit_people.make_administrator(
            stage.owner.customer, email=f"p{number}@harbourbakery.example", wave_share=1
        )
    Administrator.objects.of(stage.person.customer_id).update(joined_at=None)
    Administrator.objects.of(stage.person.customer_id).filter(id=stage.person.id).update(
        customer=kit_people.provider(), tabs=" home customers "
    )
    stage.now += timedelta(days=13)
    assert waiting_waves.pause_due(now=stage.now) == 1


def reminded(stage: Stage) -> None:
    day = (stage.now + timedelta(days=5)).date()
    policies.require(stage.person.customer_id, from_day=day)
    kit_codes.enable_app(stage.owner)
    stage.now = timezone.now()
    assert reminders.remind_due(now=stage.now) == 1


def adoption_mailed(stage: Stage) -> None:
    """Send the numbers to somebody who wants them; they come to the power for it."""
    tabs = " home administrators "
    Administrator.objects.of(stage.person.customer_id).filter(id=stage.person.id).update(tabs=tabs)
    whose = stage.person.customer_id
    weekly.choose(wanted=True, customer_id=whose, actor=stage.by_person, now=stage.now)
    stage.now += weekly.WEEK
    assert weekly.send_due(now=stage.now) == 1


def minimum_saved(stage: Stage, *, planned: bool = False) -> tuple[PolicyVersion, Owner]:
    owner = versions.minimum_of_customer(stage.person.customer_id)
    values = replace(LOOSEST, required_of=RequiredOf.EVERYONE, trust_days=7)
    return saved(stage, owner, values, actor=CONSOLE, planned=planned), owner


def minimum_changed(stage: Stage) -> None:
    minimum_saved(stage)


def minimum_planned(stage: Stage) -> None:
    minimum_saved(stage, planned=True)


def minimum_withdrawn(stage: Stage) -> None:
    version, owner = minimum_saved(stage, planned=True)
    policy_change.withdraw(version.id, owner, actor=CONSOLE, now=stage.now)


def minimum_began(stage: Stage) -> None:
    minimum_planned(stage)
    begun(stage)


def protection_lowered(stage: Stage) -> None:
    staff = kit_people.make_administrator(
        kit_people.provider(), email=STAFF_EMAIL, name="Nora Whitfield", tabs=STAFF_TABS
    )
    language = kit_people.again(stage.owner).language
    Administrator.objects.everywhere().filter(id=staff.id).update(language=language)
    customer = stage.person.customer
    Customer.objects.filter(id=customer.id).update(status=CustomerStatus.SUSPENDED)
    wanted = customers.CustomerChange(
        name=customer.name, brand_id=customer.brand_id, status=CustomerStatus.ACTIVE
    )
    actor = Actor(person=staff.who(), client=ORIGIN)
    customers.change(customer.id, wanted, actor=actor, now=timezone.now())


def deletion_asked(stage: Stage) -> None:
    staff = kit_people.make_administrator(
        kit_people.provider(), email=STAFF_EMAIL, name="Nora Whitfield", tabs=STAFF_TABS
    )
    language = kit_people.again(stage.owner).language
    Administrator.objects.everywhere().filter(id=staff.id).update(language=language)
    customer = stage.person.customer
    Customer.objects.filter(id=customer.id).update(
        status=CustomerStatus.CLOSED, closed_at=stage.now, exported_at=stage.now
    )
    actor = Actor(person=staff.who(), client=ORIGIN)
    deletion.ask(customer.id, typed=customer.name, actor=actor, now=timezone.now())


def _manager(stage: Stage) -> Client:
    """A browser of one of the support; from here on that is whom it happens to."""
    managing.old_owner(stage.owner)
    staff = managing.make_manager(STAFF_EMAIL)
    language = kit_people.again(stage.person).language
    Administrator.objects.everywhere().filter(id=staff.id).update(language=language)
    stage.person = kit_people.again(staff)
    return browsers.browser_of_with_factor(staff)


def managing_asked(stage: Stage) -> None:
    managing.ask(_manager(stage), stage.owner)


def managing_agreed(stage: Stage) -> None:
    asked = managing.ask(_manager(stage), stage.owner)
    managing.agree(browsers.browser_of_with_factor(stage.owner), asked)


def managing_refused(stage: Stage) -> None:
    asked = managing.ask(_manager(stage), stage.owner)
    whose = stage.owner.customer_id
    managing_end.end(asked.id, customer_id=whose, actor=stage.by_owner, now=timezone.now())


def managing_begun(stage: Stage) -> Client:
    client = _manager(stage)
    asked = managing.ask(client, stage.owner)
    managing.agree(browsers.browser_of_with_factor(stage.owner), asked)
    managing.begin(client, stage.owner)
    return client


def managing_changes_asked(stage: Stage) -> None:
    assert managing_begun(stage).post("/managing/changes/").status_code == 303


def managing_ended(stage: Stage) -> None:
    managing_begun(stage)
    whose = stage.owner.customer_id
    begun = Managing.objects.get()
    managing_end.end(begun.id, customer_id=whose, actor=stage.by_owner, now=timezone.now())


HAPPENINGS: dict[EventType, Callable[[Stage], object]] = {
    SIGNED_IN: signed_in,
    SIGN_IN_ABANDONED: sign_in_abandoned,
    SIGNED_OUT: signed_out,
    MAILBOX_PROOF_SENT: mailbox_proof_sent,
    TWO_FACTOR_ENABLED: enabled,
    TWO_FACTOR_DISABLED: disabled,
    TWO_FACTOR_RESET: two_factor_reset,
    TWO_FACTOR_REQUIRED: required,
    TWO_FACTOR_NO_LONGER_REQUIRED: no_longer_required,
    FACTOR_ADDED: factor_added,
    FACTOR_REMOVED: factor_removed,
    FACTOR_TAKEN_BACK: factor_taken_back,
    HELPED: helped,
    HELP_ASKED: help_asked,
    SUPPORT_ASKED: support_asked,
    HELP_ENDED: help_ended,
    HELP_GAVE_WAY: help_gave_way,
    HELP_AGREED: help_agreed,
    WAIT_ASKED: wait_asked,
    PASS_MAILED: pass_mailed,
    HELP_REFUSED: help_refused,
    PASS_ENDED: pass_ended,
    RECOVERED: recovered,
    RECOVERY_DENIED: recovery_denied,
    FACTOR_LOCKED: factor_locked,
    SECOND_STEP_GUESSED: second_step_guessed,
    PASSKEY_COUNTER: passkey_counted_backwards,
    GUESSING_ALARM: guessing_alarm,
    RECOVERY_CODES_MADE: codes_made,
    RECOVERY_CODE_USED: recovery_code_used,
    BROWSER_TRUSTED: browser_trusted,
    NOT_ME: this_was_not_me,
    RESCUED: rescued,
    RESCUE_USED: rescue_used,
    FIRST_MEMBER_ADDED: first_member_added,
    PASSWORD_CHANGED: password_changed,
    PASSWORD_LINK_SENT: link_sent,
    PASSWORD_LINK_ASKED: link_asked,
    PASSWORD_RESET: password_reset,
    EMAIL_CHANGE_ASKED: email_asked,
    EMAIL_CHANGE_STOPPED: email_stopped,
    EMAIL_CHANGED: email_changed,
    DEVICE_LOST: device_lost,
    DEVICE_SUSPENDED: device_suspended,
    SECOND_ADDRESS_ASKED: second_address_asked,
    SECOND_ADDRESS_ADDED: second_address_added,
    SECOND_ADDRESS_REMOVED: second_address_removed,
    INVITATION_SENT: invited,
    INVITATION_ASKED: asked_for_invitation,
    RIGHTS_CHANGED: rights_changed,
    OTHER_SESSIONS_ENDED: sessions_ended,
    ADMINISTRATOR_SUSPENDED: suspended,
    ADMINISTRATOR_RESTORED: restored,
    ADMINISTRATOR_REMOVED: removed,
    REMINDED: reminded,
    ADOPTION_MAILED: adoption_mailed,
    WAVE_PAUSED: wave_paused,
    MINIMUM_WAVE_PAUSED: minimum_wave_paused,
    EXCEPTION_MADE: exception_made,
    EXCEPTION_ENDED: exception_ended,
    POLICY_CHANGED: policy_changed,
    POLICY_PLANNED: policy_planned,
    POLICY_WITHDRAWN: policy_withdrawn,
    POLICY_BEGAN: policy_began,
    MINIMUM_CHANGED: minimum_changed,
    MINIMUM_PLANNED: minimum_planned,
    MINIMUM_WITHDRAWN: minimum_withdrawn,
    MINIMUM_BEGAN: minimum_began,
    PROTECTION_LOWERED: protection_lowered,
    CUSTOMER_DELETION_ASKED: deletion_asked,
    EVIDENCE_MADE: evidence_made,
    CUSTOMER_EXPORTED: customer_exported,
    MANAGING_ASKED: managing_asked,
    MANAGING_AGREED: managing_agreed,
    MANAGING_REFUSED: managing_refused,
    MANAGING_BEGUN: managing_begun,
    MANAGING_CHANGES_ASKED: managing_changes_asked,
    MANAGING_ENDED: managing_ended,
}
