"""Waiting instead of help: password and mailbox are two proofs, and everybody can object for as long as it lasts."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts import mailed_links
from doorward.accounts.errors import LinkInvalid
from doorward.accounts.models import Administrator, LinkPurpose, MailedLink
from doorward.audit.models import Event
from doorward.credentials.models import USABLE, Factor
from doorward.gate.decision import next_step
from doorward.gate.requirement import Need, Step
from doorward.kernel.errors import NotFound
from doorward.notifications.letter import write
from doorward.notifications.models import Delivery
from doorward.notifications.worker import run_once
from doorward.policy.fields import RecoveryBy
from doorward.recovery import due_requests, requests, set_up_pass, veto, waiting
from doorward.recovery.errors import (
    AlreadyAsked,
    MailboxFirst,
    NothingLost,
    PassNeedsOwnPassword,
    PassWrong,
    RequestOver,
    WaitAskedTooOften,
    WaitingNeedsOldPassword,
    WaitingNotAllowed,
    WaitObjected,
)
from doorward.recovery.events import HELP_ENDED, HELP_GAVE_WAY, PASS_MAILED, WAIT_ASKED
from doorward.recovery.models import RecoveryRequest, SetUpPass, State
from doorward.signin.invitation import accept
from tests.kit import codes, passkeys, people, policies
from tests.kit.factors import verify_code
from tests.kit.people import CHROME, PASSWORD
from tests.kit.racing import at_once
from tests.kit.recovering import (
    agree,
    ask_as_support,
    come_in,
    help_with,
    long_ago,
    make_staff,
    refuse,
    set_up_again,
    use,
)
from tests.threats.test_recovery import object_by_mail

if TYPE_CHECKING:
    import time_machine

    from doorward.sessions.context import AuthContext

pytestmark = pytest.mark.django_db
HOURS = 72
WAIT = "/sign-in/help/wait/"


@pytest.fixture
def lost(
    clock: time_machine.Traveller, owner: Administrator, colleague: Administrator
) -> Administrator:
    codes.enable_app(owner)
    codes.enable_app(colleague, name="Old phone")
    long_ago(owner, colleague)
    policies.ask(owner.customer_id, recovery_wait_hours=HOURS)
    return people.again(colleague)


def begin(person: Administrator, **columns: Any) -> AuthContext:
    return passkeys.begin(people.again(person), **columns)


def ask(person: Administrator, **columns: Any) -> RecoveryRequest:
    auth = begin(person, **({"mailbox_at": timezone.now()} | columns))
    actor = auth.actor(people.actor(person).client)
    return waiting.ask(auth=auth, actor=actor, now=timezone.now())


def mailed() -> tuple[str, ...]:
    return set_up_pass.words_of(SetUpPass.objects.get())


def reset_by_mail(person: Administrator) -> None:
    people.ask_for_link(person.email)
    browser = Client()
    browser.get(people.path_of("reset", administrator=person))
    answer = browser.post("/password/reset/", {"password": people.OTHER_PASSWORD})
    assert answer.status_code == 303


def test_after_the_wait_a_pass_is_mailed_and_leads_to_the_set_up(lost, clock):
    request = ask(lost)
    assert due_requests.end_due(now=timezone.now()) == 0
    assert Factor.objects.get(administrator=lost).suspended_at is None
    clock.shift(timedelta(hours=HOURS) - timedelta(seconds=1))
    assert due_requests.end_due(now=timezone.now()) == 0
    clock.shift(timedelta(seconds=1))
    run_once(timezone.now())
    assert RecoveryRequest.objects.get(id=request.id).state == State.ISSUED
    (event,) = people.events(PASS_MAILED)
    delivery = Delivery.objects.get(event_id=event.id, template="pass_mailed")
    assert delivery.address == lost.email
    assert " ".join(mailed()) in str(write(delivery, now=timezone.now()).body)
    auth = come_in(lost, mailed())
    assert next_step(auth.facts, Need.THROUGH, now=timezone.now()) is Step.SET_UP_FACTOR
    set_up_again(lost, auth)


def test_the_new_device_takes_the_place_of_the_one_that_still_worked(lost, clock):
    """Nothing was suspended while they waited: whoever has the old one would be in with it as before."""
    ask(lost)
    clock.shift(timedelta(hours=HOURS))
    due_requests.end_due(now=timezone.now())
    [old] = Factor.objects.filter(USABLE, administrator=lost)
    set_up_again(lost, come_in(lost, mailed()))
    [new] = Factor.objects.filter(administrator=lost)
    assert new.id != old.id


def test_everybody_is_told_at_once(lost, owner):
    Administrator.objects.of(lost.customer_id).filter(id=lost.id).update(
        second_email="second@elsewhere.example"
    )
    ask(lost)
    run_once(timezone.now())
    (event,) = people.events(WAIT_ASKED)
    rows = Delivery.objects.filter(event_id=event.id)
    assert set(rows.values_list("template", "address")) == {
        ("wait_asked", lost.email),
        ("wait_asked", "second@elsewhere.example"),
        ("wait_asked_colleague", owner.email),
    }
    for delivery in rows.filter(template="wait_asked"):
        assert "/veto/" in str(write(delivery, now=timezone.now()).body)


def test_the_pass_is_mailed_to_the_mailbox_alone_and_stands_nowhere(lost, clock):
    Administrator.objects.of(lost.customer_id).filter(id=lost.id).update(
        second_email="second@elsewhere.example"
    )
    ask(lost)
    clock.shift(timedelta(hours=HOURS))
    run_once(timezone.now())
    (event,) = people.events(PASS_MAILED)
    rows = Delivery.objects.filter(event_id=event.id, template="pass_mailed")
    assert [row.address for row in rows] == [lost.email]
    for delivery in Delivery.objects.exclude(id=rows[0].id):
        body = str(write(delivery, now=timezone.now()).body)
        assert " ".join(mailed()) not in body
    kept = str(list(Event.objects.values())) + str(list(SetUpPass.objects.values()))
    assert " ".join(mailed()) not in kept


# --- never by the mailbox alone -----------------------------------------------------------------------


def test_who_set_the_password_by_mail_may_not_ask(lost, clock):
    reset_by_mail(lost)
    clock.shift(timedelta(minutes=1))
    with pytest.raises(WaitingNeedsOldPassword):
        ask(lost)
    with pytest.raises(WaitingNeedsOldPassword):
        ask(lost, from_link=True)


def test_once_a_factor_was_verified_after_that_they_may(lost, clock):
    reset_by_mail(lost)
    clock.shift(timedelta(minutes=1))
    verify_code(begin(lost), codes.next_code(lost), lost)
    clock.shift(timedelta(minutes=1))
    ask(lost)


def test_an_invitations_password_counts_once_the_first_factor_is_there(lost):
    rows = Administrator.objects.of(lost.customer_id).filter(id=lost.id)
    rows.update(password_by_link_at=timezone.now() - timedelta(days=3))
    with pytest.raises(WaitingNeedsOldPassword):
        ask(lost)
    then = timezone.now() - timedelta(days=2)
    begin(lost, password_at=then, factor_at=then)
    ask(lost)


def test_a_passkey_alone_makes_no_thiefs_password_ones_own(lost, clock):
    key = passkeys.add(lost)
    reset_by_mail(lost)
    clock.shift(timedelta(minutes=10))
    # The owner comes in without the password, and notices nothing.
    passkeys.sign_in_alone(key)
    clock.shift(timedelta(minutes=10))
    with pytest.raises(WaitingNeedsOldPassword):
        ask(lost)


def test_neither_do_two_sessions_of_which_one_had_the_password_and_the_other_a_device(lost, clock):
    reset_by_mail(lost)
    clock.shift(timedelta(minutes=10))
    begin(lost, password_at=None, passkey_at=None, factor_at=timezone.now())
    begin(lost, passkey_at=timezone.now(), factor_at=timezone.now())
    clock.shift(timedelta(minutes=10))
    with pytest.raises(WaitingNeedsOldPassword):
        ask(lost)


def test_a_password_set_by_mail_while_waiting_ends_it(lost, clock):
    request = ask(lost)
    clock.shift(timedelta(hours=1))
    reset_by_mail(lost)
    clock.shift(timedelta(hours=HOURS))
    assert due_requests.end_due(now=timezone.now()) == 1
    assert RecoveryRequest.objects.get(id=request.id).state == State.ENDED
    assert not SetUpPass.objects.exists()


def test_a_password_set_by_mail_when_the_pass_is_there_makes_it_useless(lost, clock):
    ask(lost)
    clock.shift(timedelta(hours=HOURS))
    due_requests.end_due(now=timezone.now())
    words = mailed()
    with pytest.raises(PassNeedsOwnPassword):
        use(begin(lost, from_link=True), " ".join(words))
    reset_by_mail(lost)
    with pytest.raises(PassNeedsOwnPassword):
        come_in(lost, words)


def test_neither_does_a_colleagues_pass_work_with_the_mailbox_alone(lost, owner, clock):
    words = help_with(lost, owner).words
    with pytest.raises(PassNeedsOwnPassword):
        use(begin(lost, from_link=True), " ".join(words))
    clock.shift(timedelta(minutes=1))
    reset_by_mail(lost)
    for columns in ({"from_link": True}, {"password_at": None}, {}):
        with pytest.raises(PassNeedsOwnPassword):
            use(begin(lost, **columns), " ".join(words))


def test_who_forgot_the_password_too_sets_it_first_and_is_helped_then(lost, owner, clock):
    reset_by_mail(lost)
    clock.shift(timedelta(minutes=1))
    words = help_with(lost, owner).words
    with pytest.raises(PassNeedsOwnPassword):
        use(begin(lost, from_link=True), " ".join(words))
    come_in(lost, words)


def test_in_a_session_of_a_mailed_link_nothing_is_said_of_a_pass_and_none_is_used_up(lost, owner):
    for _time in range(2):
        with pytest.raises(PassNeedsOwnPassword):
            use(begin(lost, from_link=True), "whatever")
    words = help_with(lost, owner).words
    for _time in range(6):
        with pytest.raises(PassNeedsOwnPassword):
            use(begin(lost, from_link=True), "whatever")
    come_in(lost, words)


def test_password_and_mailbox_are_both_asked_for(lost):
    with pytest.raises(MailboxFirst):
        ask(lost, mailbox_at=None)
    with pytest.raises(MailboxFirst):
        ask(lost, mailbox_at=timezone.now() - timedelta(minutes=10))
    with pytest.raises(MailboxFirst):
        ask(lost, mailbox_at=timezone.now() + timedelta(hours=1))


# --- what ends it -------------------------------------------------------------------------------------


def test_where_the_policy_does_not_allow_it_nobody_waits(lost, owner):
    policies.ask(owner.customer_id, recovery_wait_hours=0)
    with pytest.raises(WaitingNotAllowed):
        ask(lost)


def test_a_policy_that_ends_it_ends_what_waits(lost, owner, clock):
    ask(lost)
    policies.ask(owner.customer_id, recovery_wait_hours=0)
    clock.shift(timedelta(hours=HOURS))
    assert due_requests.end_due(now=timezone.now()) == 1
    assert not SetUpPass.objects.exists()


def test_a_sign_in_with_a_device_ends_it(lost, clock):
    ask(lost)
    clock.shift(timedelta(minutes=1))
    verify_code(begin(lost), codes.next_code(lost), lost)
    assert due_requests.end_due(now=timezone.now()) == 1
    assert RecoveryRequest.objects.get().state == State.ENDED


def test_so_it_does_when_the_pass_is_there(lost, clock):
    ask(lost)
    clock.shift(timedelta(hours=HOURS))
    due_requests.end_due(now=timezone.now())
    words = mailed()
    clock.shift(timedelta(minutes=1))
    verify_code(begin(lost), codes.next_code(lost), lost)
    with pytest.raises(PassWrong):
        come_in(lost, words)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("who", ["by mail", "colleague"])
def test_a_veto_ends_it(lost, owner, clock, who, when):
    request = ask(lost)
    words: tuple[str, ...] = ()
    if when == "after":
        clock.shift(timedelta(hours=HOURS))
        due_requests.end_due(now=timezone.now())
        words = mailed()
    if who == "colleague":
        refuse(request, owner)
    else:
        token = people.path_of("veto", administrator=lost).split("/")[-2]
        veto.veto(token=token, client=people.actor(lost).client, now=timezone.now())
    clock.shift(timedelta(hours=HOURS))
    due_requests.end_due(now=timezone.now())
    assert RecoveryRequest.objects.get().state == State.REFUSED
    if words:
        with pytest.raises(PassWrong):
            come_in(lost, words)
    else:
        assert not SetUpPass.objects.exists()


def test_nobody_agrees_to_it_or_fetches_its_pass(lost, owner, clock):
    request = ask(lost)
    for later in (timedelta(), timedelta(hours=HOURS)):
        clock.shift(later)
        with pytest.raises(RequestOver):
            agree(request, owner)
        with pytest.raises(NotFound):
            requests.fetch(
                request.id,
                customer_id=owner.customer_id,
                actor=people.actor(owner),
                now=timezone.now(),
            )
    assert not SetUpPass.objects.exists()


def test_a_colleague_who_helps_ends_the_wait(lost, owner, clock):
    ask(lost)
    helped = help_with(lost, owner)
    clock.shift(timedelta(hours=23))
    assert due_requests.end_due(now=timezone.now()) == 0
    come_in(lost, helped.words)
    assert not Event.objects.filter(type=PASS_MAILED).exists()


@pytest.mark.parametrize("by", ["colleague", "support", "nobody"])
def test_who_waits_is_told_that_the_wait_has_ended(lost, owner, clock, by):
    Administrator.objects.of(lost.customer_id).filter(id=lost.id).update(
        second_email="second@elsewhere.example"
    )
    waiting_for = ask(lost)
    long_ago(owner)
    if by == "colleague":
        help_with(lost, owner)
    elif by == "support":
        ask_as_support(lost, make_staff())
    else:
        policies.ask(lost.customer_id, recovery_wait_hours=0)
        clock.shift(timedelta(hours=HOURS))
        due_requests.end_due(now=timezone.now())
    run_once(timezone.now())
    (event,) = people.events(HELP_ENDED if by == "nobody" else HELP_GAVE_WAY)
    assert event.details["request"] == str(waiting_for.id)
    told = list(Delivery.objects.filter(event_id=event.id))
    assert {(one.template, one.address) for one in told} == {
        ("wait_ended", lost.email),
        ("wait_ended", "second@elsewhere.example"),
    }
    said = " ".join(str(write(told[0], now=timezone.now()).body).split())
    assert ("helps you in another way" in said) is (by != "nobody")


@pytest.mark.parametrize("instead", ["colleague", "second yes", "support", "wait", "back"])
def test_an_objection_opened_late_ends_what_has_taken_the_place_of_the_wait(
    lost, owner, clock, instead
):
    """Whoever reads the older mail first must not be told that all is over while the help goes on."""
    ask(lost)
    veto_path = people.path_of("veto", administrator=lost)
    long_ago(owner)
    clock.shift(timedelta(minutes=1))
    if instead == "wait":
        verify_code(begin(lost), codes.next_code(lost), lost)
        due_requests.end_due(now=timezone.now())
        clock.shift(timedelta(minutes=1))
        ask(lost)
    elif instead == "support":
        ask_as_support(lost, make_staff())
    else:
        if instead == "second yes":
            policies.ask(lost.customer_id, recovery_wait_hours=24, recovery_by=RecoveryBy.TWO)
        helped = help_with(lost, owner)
        if instead == "back":
            set_up_again(lost, come_in(lost, helped.words))
    token = veto_path.split("/")[-2]
    veto.veto(token=token, client=people.actor(lost).client, now=timezone.now())
    newest = RecoveryRequest.objects.latest("asked_at")
    assert newest.state == (State.DENIED if instead == "back" else State.REFUSED)
    assert not set_up_pass.is_out(lost.id, now=timezone.now())


def test_an_objection_to_what_is_asked_now_leaves_an_older_recovery_alone(lost, owner, clock):
    helped = help_with(lost, owner)
    set_up_again(lost, come_in(lost, helped.words))
    clock.shift(timedelta(days=1))
    ask(lost)
    object_by_mail(lost)
    states = RecoveryRequest.objects.order_by("asked_at").values_list("state", flat=True)
    assert list(states) == [State.ISSUED, State.REFUSED]


def test_an_invitation_that_was_accepted_begins_and_ends_nothing(lost, owner):
    """Its link is opened late by somebody who waits: it sets no password that would end the wait, or count for it."""
    request = ask(lost)
    link = mailed_links.make(
        LinkPurpose.RESET, administrator_id=lost.id, now=timezone.now(), lifetime=timedelta(days=7)
    )
    MailedLink.objects.filter(id=link.id).update(purpose=LinkPurpose.INVITATION)
    token = mailed_links.path(MailedLink.objects.get(id=link.id)).split("/")[-2]
    client = people.actor(lost).client
    with pytest.raises(LinkInvalid):
        accept(
            token=token,
            password="seven-quiet-lanterns",
            browser_token="",
            client=client,
            now=timezone.now(),
        )
    assert people.again(lost).password_by_link_at is None
    assert RecoveryRequest.objects.get(id=request.id).state == State.OPEN


def test_one_asks_once_and_only_who_has_lost_something(lost, owner):
    ask(lost)
    with pytest.raises(AlreadyAsked):
        ask(lost)
    Factor.objects.filter(administrator=owner).delete()
    with pytest.raises(NothingLost):
        ask(owner)


def object_to(request: RecoveryRequest) -> None:
    link = MailedLink.objects.get(about=request.id)
    token = mailed_links.path(link).split("/")[-2]
    veto.veto(token=token, client=people.actor(request.administrator).client, now=timezone.now())


def test_after_an_objection_nobody_asks_again_for_a_week(lost, owner, clock):
    object_to(ask(lost))
    for later in (timedelta(), timedelta(days=7) - timedelta(seconds=1)):
        clock.shift(later)
        with pytest.raises(WaitObjected):
            ask(lost)
    clock.shift(timedelta(seconds=1))
    # A colleague's no counts as well.
    refuse(ask(lost), owner)
    with pytest.raises(WaitObjected):
        ask(lost)


def test_unless_a_device_was_verified_since(lost, clock):
    object_to(ask(lost))
    clock.shift(timedelta(minutes=1))
    verify_code(begin(lost), codes.next_code(lost), lost)
    clock.shift(timedelta(minutes=1))
    ask(lost)


def test_twice_a_day_is_the_most(lost, clock):
    for _time in range(2):
        ask(lost)
        clock.shift(timedelta(minutes=1))
        verify_code(begin(lost), codes.next_code(lost), lost)
        due_requests.end_due(now=timezone.now())
    with pytest.raises(WaitAskedTooOften):
        ask(lost)
    clock.shift(timedelta(days=1))
    ask(lost)


@pytest.mark.parametrize("status", ["suspended", "removed"])
def test_somebody_who_left_is_mailed_nothing(lost, clock, status):
    ask(lost)
    Administrator.objects.of(lost.customer_id).filter(id=lost.id).update(status=status)
    clock.shift(timedelta(hours=HOURS))
    due_requests.end_due(now=timezone.now())
    assert not SetUpPass.objects.exists()


def test_where_everything_was_reset_meanwhile_nothing_is_mailed(lost, clock):
    ask(lost)
    Factor.objects.filter(administrator=lost).delete()
    clock.shift(timedelta(hours=HOURS))
    assert due_requests.end_due(now=timezone.now()) == 1
    assert not SetUpPass.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_thirty_at_once_one_is_asked_and_one_pass_is_made(owner, colleague):
    codes.enable_app(colleague)
    policies.ask(owner.customer_id, recovery_wait_hours=24)
    calls = [partial(ask, colleague) for _ in range(30)]
    assert len([one for one in at_once(calls) if not isinstance(one, Exception)]) == 1
    later = timezone.now() + timedelta(hours=25)
    at_once([partial(due_requests.end_due, now=later) for _ in range(5)])
    assert SetUpPass.objects.count() == 1


# --- over the pages -----------------------------------------------------------------------------------


def test_over_the_pages(lost, clock):
    phone = Client(HTTP_USER_AGENT=CHROME)
    phone.post("/sign-in/", {"email": lost.email, "password": PASSWORD})
    assert "/sign-in/help/wait/" in phone.get("/sign-in/help/").content.decode()
    assert phone.post("/sign-in/help/wait/", {"ask": "on"}).status_code == 422
    page = phone.get("/sign-in/help/wait/").content.decode()
    assert 'name="code"' not in page
    assert phone.post("/sign-in/help/wait/", {"resend": "on"}).status_code == 303
    page = phone.get("/sign-in/help/wait/").content.decode()
    assert f"A code is on its way to {lost.email}." in page
    assert 'name="code"' in page
    run_once(timezone.now())
    delivery = Delivery.objects.filter(template="mailbox_code").latest("id")
    body = str(write(delivery, now=timezone.now()).body)
    code = next(line.strip() for line in body.splitlines() if line.strip()[:4].isdigit())
    assert phone.post("/sign-in/help/wait/", {"code": "0000 0000"}).status_code == 422
    assert phone.post("/sign-in/help/wait/", {"code": code}).status_code == 303
    assert phone.post("/sign-in/help/wait/", {"ask": "on"}).status_code == 303
    assert RecoveryRequest.objects.get().state == State.OPEN
    page = phone.get("/sign-in/help/wait/").content.decode()
    assert "If nobody objects" in page
    assert phone.get("/")["Location"] == "/sign-in/code/"


def test_who_objects_to_a_wait_reads_nothing_of_helpers_and_suspended_devices(lost):
    request = ask(lost)
    browser = Client()
    browser.get(mailed_links.path(MailedLink.objects.get(about=request.id)))
    page = browser.get("/veto/").content.decode()
    assert "Stop the wait" in page
    assert "nothing has changed" in page
    assert "asked for help" not in page
    assert "suspended" not in page


def test_where_somebody_objected_the_page_says_why_once(lost):
    object_to(ask(lost))
    phone = Client(HTTP_USER_AGENT=CHROME)
    phone.post("/sign-in/", {"email": lost.email, "password": PASSWORD})
    assert "/sign-in/help/wait/" not in phone.get("/sign-in/help/").content.decode()
    assert phone.get(WAIT).content.decode().count("Somebody objected") == 1
    answer = phone.post(WAIT, {"ask": "on"})
    assert answer.status_code == 422
    assert answer.content.decode().count("Somebody objected") == 1


def test_where_it_is_not_allowed_the_page_says_so_once(lost, owner):
    policies.ask(owner.customer_id, recovery_wait_hours=0)
    phone = Client(HTTP_USER_AGENT=CHROME)
    phone.post("/sign-in/", {"email": lost.email, "password": PASSWORD})
    for answer in (phone.get(WAIT), phone.post(WAIT, {"ask": "on"})):
        assert answer.content.decode().count("does not allow this") == 1


def test_where_it_is_not_allowed_no_page_speaks_of_it(lost, owner):
    policies.ask(owner.customer_id, recovery_wait_hours=0)
    phone = Client(HTTP_USER_AGENT=CHROME)
    phone.post("/sign-in/", {"email": lost.email, "password": PASSWORD})
    assert "/sign-in/help/wait/" not in phone.get("/sign-in/help/").content.decode()
