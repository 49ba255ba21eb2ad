"""A clock that was wrong for a while, by an hour, a day, a month: nothing is good twice for it, nor for longer."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from django.utils import timezone

from doorward.accounts import email_change, mailed_links
from doorward.accounts.models import Administrator, LinkPurpose, MailedLink
from doorward.audit.actor import ClientInfo
from doorward.credentials.errors import SetUpExpired, TrustNotAllowed
from doorward.credentials.models import ChallengePeriod
from doorward.credentials.password import change
from doorward.credentials.recovery_codes import codes
from doorward.credentials.totp import enrol
from doorward.credentials.trusted_browsers import trust
from doorward.gate import loading
from doorward.gate.decision import next_step
from doorward.gate.requirement import Need, Step
from doorward.kernel.errors import NotFound, Refusal
from doorward.notifications import housekeeping
from doorward.policy.rules import FactorKind
from doorward.recovery import not_me
from doorward.sessions import issuing, saved_requests
from doorward.sessions.errors import StaleRequest
from doorward.sessions.models import Session
from doorward.signin import invitation as signin_invitation
from doorward.signin import mailbox, second_step
from doorward.signin.models import MailboxProof
from tests.kit import codes as kit_codes
from tests.kit import passkeys, people, policies
from tests.kit.email_changes import ask_email
from tests.kit.softkey import SoftKey

if TYPE_CHECKING:
    from collections.abc import Callable

    import time_machine

    from doorward.sessions.context import AuthContext

pytestmark = pytest.mark.django_db

Use: TypeAlias = "Callable[[], Any]"
AHEAD = [timedelta(hours=1), timedelta(days=1), timedelta(days=30)]
JUMPS = [*AHEAD, *(-one for one in AHEAD)]
WHERE = ClientInfo(address="192.0.2.10", browser=people.CHROME)
RESET: dict[str, Any] = {
    "password": people.OTHER_PASSWORD,
    "browser_token": "b" * 43,
    "client": WHERE,
}


def work() -> None:
    """Do all that the worker does, as one that was just started."""
    housekeeping.tidy(now=timezone.now(), moment=0.0, last={})


# --- once -----------------------------------------------------------------------------------------


def token_of(person: Administrator, purpose: LinkPurpose) -> str:
    return mailed_links.path(MailedLink.objects.get(administrator=person, purpose=purpose)).split(
        "/"
    )[-2]


def passkey_alone(person: Administrator) -> Use:
    answer = passkeys.add(person).get(passkeys.asked_alone(), passkeys.ORIGIN)
    return partial(passkeys.send_alone, answer)


def passkey_at_the_second_step(person: Administrator) -> Use:
    key, auth = passkeys.add(person), passkeys.begin(person)
    answer = key.get(passkeys.asked(auth), passkeys.ORIGIN)
    return lambda: passkeys.send_second_step(again(auth), answer)


def passkey_that_is_made(person: Administrator) -> Use:
    auth = passkeys.begin(person)
    answer = SoftKey().create(passkeys.asked_to_make(auth), passkeys.ORIGIN)
    return lambda: passkeys.send_registration(again(auth), answer)


def again(auth: AuthContext) -> AuthContext:
    """Read a session again under a token of ours, so that not its new identifier keeps the second use out."""
    token = issuing.new_token()
    rows = Session.objects.filter(id=auth.browser.session_id)
    rows.update(token_hash=issuing.token_hash(token), ended_at=None, factor_at=None)
    found = loading.load(token, now=timezone.now())
    if found is None:
        raise NotFound
    return found


def code_of_an_app(person: Administrator) -> Use:
    secret, auth = kit_codes.enable_app(person), passkeys.begin(person)
    code = kit_codes.code(secret)
    return lambda: second_step.verify_code(
        auth=again(auth),
        code=code,
        actor=people.actor(person),
        now=timezone.now(),
    )


def recovery_code(person: Administrator) -> Use:
    kit_codes.enable_app(person)
    code, auth = kit_codes.saved_codes(person)[0], passkeys.begin(person)
    return lambda: codes.use(
        auth=again(auth), code=code, actor=people.actor(person), now=timezone.now()
    )


def mailbox_code(person: Administrator) -> Use:
    auth, actor = passkeys.begin(person), people.actor(person)
    session_id = auth.browser.session_id
    mailbox.send(session_id=session_id, actor=actor, now=timezone.now())
    code = mailbox.code_of(MailboxProof.objects.get())
    return lambda: mailbox.verify_code(
        session_id=session_id,
        old_hash=again(auth).browser.token_hash,
        code=code,
        actor=actor,
        now=timezone.now(),
    )


def secret_of_a_set_up(person: Administrator) -> Use:
    auth = passkeys.begin(person)
    secret = enrol.begin(session_id=auth.browser.session_id, now=timezone.now())
    return lambda: enrol.confirm(
        auth=again(auth),
        code=kit_codes.code(secret),
        name="",
        actor=auth.actor(WHERE),
        now=timezone.now(),
    )


def reset_link(person: Administrator) -> Use:
    people.ask_for_link(person.email, client=WHERE)
    token = token_of(person, LinkPurpose.RESET)
    return lambda: change.reset(token=token, now=timezone.now(), **RESET)


def invitation(person: Administrator) -> Use:
    invited = people.invite(person.customer)
    token = token_of(invited, LinkPurpose.INVITATION)
    return lambda: signin_invitation.accept(token=token, now=timezone.now(), **RESET)


def this_was_not_me(person: Administrator) -> Use:
    mailed_links.make(LinkPurpose.NOT_ME, administrator_id=person.id, now=timezone.now())
    token = token_of(person, LinkPurpose.NOT_ME)
    return lambda: not_me.undo(token=token, now=timezone.now(), **RESET)


def confirmed_email(person: Administrator) -> Use:
    ask_email(person, "ines@example.com", actor=people.actor(person), now=timezone.now())
    token = token_of(person, LinkPurpose.EMAIL_NEW)
    return lambda: email_change.answer(
        token=token, stop=False, client=WHERE, session_id=None, now=timezone.now()
    )


ONCE = [
    passkey_alone,
    passkey_at_the_second_step,
    passkey_that_is_made,
    code_of_an_app,
    recovery_code,
    mailbox_code,
    secret_of_a_set_up,
    reset_link,
    invitation,
    this_was_not_me,
    confirmed_email,
]


@pytest.mark.parametrize(
    "jump",
    [
        *(pytest.param(one, marks=pytest.mark.at_length) for one in JUMPS if abs(one).days != 1),
        *(one for one in JUMPS if abs(one).days == 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("thing", ONCE, ids=lambda thing: thing.__name__)
def test_what_is_good_once_is_not_good_again_for_a_clock_that_was_wrong(
    thing: Callable[[Administrator], Use],
    jump: timedelta,
    owner: Administrator,
    clock: time_machine.Traveller,
) -> None:
    work()
    use = thing(owner)
    use()
    for step in (jump, timedelta(minutes=16), -jump - timedelta(minutes=16)):
        clock.shift(step)
        work()
        with pytest.raises(Refusal):
            use()
    clock.shift(timedelta(minutes=1))
    with pytest.raises(Refusal):
        use()


def test_a_period_is_never_counted_back(db: None, clock: time_machine.Traveller) -> None:
    numbers = []
    for jump in (*JUMPS, *reversed(JUMPS)):
        work()
        numbers.append(ChallengePeriod.objects.get().number)
        clock.shift(jump)
    assert numbers == sorted(set(numbers))


# --- for a time -----------------------------------------------------------------------------------


def secret_that_is_shown(person: Administrator) -> Use:
    session_id = passkeys.begin(person).browser.session_id
    shown = enrol.begin(session_id=session_id, now=timezone.now())

    def is_another() -> None:
        if enrol.begin(session_id=session_id, now=timezone.now()) != shown:
            raise SetUpExpired

    return is_another


def form_that_waits(person: Administrator) -> Use:
    session_id = passkeys.begin(person).browser.session_id
    saved_requests.save(session_id, path="/profile/", fields=[("a", "b")], now=timezone.now())

    def goes_on() -> None:
        sealed = Session.objects.values_list("saved_request", flat=True).get(id=session_id)
        if (
            sealed is None
            or saved_requests.restore(session_id, bytes(sealed), now=timezone.now()) is None
        ):
            raise StaleRequest

    return goes_on


def trusted_browser(person: Administrator) -> Use:
    policies.ask(person.customer_id, trust_days=7)
    kit_codes.enable_app(person)
    auth = passkeys.begin(person)
    token = trust.begin(
        auth=auth,
        kind=FactorKind.APP,
        old_token="",
        actor=people.actor(person),
        now=timezone.now(),
    ).token

    def spares_the_second_step() -> None:
        now = timezone.now()
        started = issuing.begin(person, actor=people.actor(person), now=now, password_at=now)
        found = loading.load(started.token, token, now=timezone.now())
        if found is None or next_step(found.facts, Need.THROUGH, now=now) is not Step.THROUGH:
            raise TrustNotAllowed

    return spares_the_second_step


FOR_A_TIME = [
    passkey_alone,
    passkey_at_the_second_step,
    passkey_that_is_made,
    mailbox_code,
    secret_of_a_set_up,
    reset_link,
    invitation,
    this_was_not_me,
    confirmed_email,
    secret_that_is_shown,
    form_that_waits,
    trusted_browser,
]


@pytest.mark.parametrize("ahead", [AHEAD[0], AHEAD[-1]], ids=str)
@pytest.mark.parametrize("thing", FOR_A_TIME, ids=lambda thing: thing.__name__)
def test_what_was_made_while_the_clock_was_ahead_does_not_live_longer_for_it(
    thing: Callable[[Administrator], Use],
    ahead: timedelta,
    owner: Administrator,
    clock: time_machine.Traveller,
) -> None:
    clock.shift(ahead)
    use = thing(owner)
    clock.shift(-ahead)
    with pytest.raises(Refusal):
        use()


@pytest.mark.parametrize("thing", FOR_A_TIME, ids=lambda thing: thing.__name__)
def test_clocks_of_two_machines_may_differ_by_seconds(
    thing: Callable[[Administrator], Use], owner: Administrator, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(seconds=20))
    use = thing(owner)
    clock.shift(-timedelta(seconds=20))
    use()


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=30), -timedelta(hours=1)])
def test_the_worker_waits_by_a_clock_that_cannot_jump(
    db: None, clock: time_machine.Traveller, ahead: timedelta
) -> None:
    last: dict[str, float] = {}
    clock.shift(ahead)
    housekeeping.tidy(now=timezone.now(), moment=1000.0, last=last)
    clock.shift(-ahead)
    housekeeping.tidy(now=timezone.now(), moment=1059.9, last=last)
    every_round = {
        name for name, every, _ in housekeeping.TASKS if every == housekeeping.EVERY_ROUND
    }
    assert {name for name, moment in last.items() if moment != 1000.0} == every_round
    housekeeping.tidy(now=timezone.now(), moment=1060.0, last=last)
    again = {name for name, moment in last.items() if moment == 1060.0}
    assert again == every_round | {
        name for name, every, _ in housekeeping.TASKS if every == housekeeping.EVERY_MINUTE
    }
