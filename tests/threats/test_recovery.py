"""The lost phone: no way in by the mailbox alone, for oneself, twice, late, after a refusal, or for another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.hashers import is_password_usable
from django.db import transaction
from django.test import Client
from django.utils import timezone

from doorward.accounts import email_change
from doorward.accounts.events import RIGHTS_CHANGED
from doorward.accounts.models import Administrator, Standing, Status
from doorward.audit.events import Outcome
from doorward.audit.models import Event
from doorward.audit.record import record
from doorward.credentials.errors import AlreadyEnabled, FactorDisabled
from doorward.credentials.events import RECOVERED
from doorward.credentials.models import Factor, RecoveryCode, RecoverySet
from doorward.gate.decision import next_step
from doorward.gate.requirement import Need, Step
from doorward.kernel.errors import NotFound
from doorward.notifications.letter import write
from doorward.notifications.models import Delivery
from doorward.notifications.worker import run_once
from doorward.permissions.errors import NotAuthorised
from doorward.policy.fields import RecoveryBy
from doorward.recovery import due_requests, requests, rules, veto, waiting
from doorward.recovery.errors import (
    AlreadyAsked,
    HelpByProviderOnly,
    HelpYourself,
    HowMissing,
    NothingLost,
    NotYetAllowed,
    OwnFactorFirst,
    PassWrong,
    RequestOver,
    TooLateToStop,
    WaitingNotAllowed,
)
from doorward.recovery.events import (
    HELP_AGREED,
    HELP_ASKED,
    HELP_ENDED,
    HELP_REFUSED,
    HELPED,
    PASS_ENDED,
    PASS_FAILED,
    RECOVERY_DENIED,
)
from doorward.recovery.models import RecoveryRequest, SetUpPass, State
from doorward.sessions.errors import SessionEnded, StaleRequest
from doorward.sessions.models import Session
from doorward.signin.take_back import take_back
from tests.accounts.changing import change
from tests.kit import browsers, codes, passkeys, people, policies
from tests.kit.email_changes import ask_email
from tests.kit.factors import verify_code
from tests.kit.people import CHROME, PASSWORD
from tests.kit.racing import at_once
from tests.kit.recovering import (
    HOW,
    agree,
    come_in,
    fetch,
    help_with,
    long_ago,
    refuse,
    say_who,
    second_helper,
    set_up_again,
    use,
)

if TYPE_CHECKING:
    import time_machine

    from doorward.sessions.context import AuthContext

pytestmark = pytest.mark.django_db


@pytest.fixture
def helper(clock: time_machine.Traveller, owner: Administrator) -> Administrator:
    codes.enable_app(owner)
    long_ago(owner)
    return owner


@pytest.fixture
def lost(helper: Administrator, colleague: Administrator) -> Administrator:
    """Return somebody without the Administrators tab, who has lost their app."""
    codes.enable_app(colleague, name="Old phone")
    return colleague


@pytest.fixture
def lost_admin(helper: Administrator) -> Administrator:
    """Return somebody who has lost their app and has the tab, so that one colleague alone does not do."""
    return second_helper(helper, "Ada")


def begin(person: Administrator, **columns: Any) -> AuthContext:
    return passkeys.begin(people.again(person), **columns)


def step(auth: AuthContext) -> Step:
    return next_step(auth.facts, Need.THROUGH, now=timezone.now())


# --- the pass ---------------------------------------------------------------------------------------


def test_password_and_pass_lead_to_the_set_up_and_nowhere_else(lost, helper):
    helped = help_with(lost, helper)
    auth = come_in(lost, helped.words)
    assert step(auth) is Step.SET_UP_FACTOR
    after = set_up_again(lost, auth)
    assert step(after) is Step.SAVE_RECOVERY_CODES
    assert [factor.name for factor in Factor.objects.filter(administrator=lost)] == ["New phone"]
    assert people.again(lost).standing == Standing.APP
    (event,) = people.events(RECOVERED)
    assert event.subject_id == lost.id


def test_the_pass_alone_or_the_password_alone_does_nothing(lost, helper):
    help_with(lost, helper)
    auth = begin(lost)
    assert step(auth) is Step.VERIFY_FACTOR
    answer = Client().post("/sign-in/pass/", {"pass": "whatever"})
    assert answer["Location"].startswith("/sign-in/")
    mailbox = begin(lost, mailbox_at=timezone.now(), from_link=True)
    assert step(mailbox) is Step.VERIFY_FACTOR


def test_old_codes_and_old_devices_are_gone_with_it(lost, helper):
    saved = codes.saved_codes(lost)
    auth = come_in(lost, help_with(lost, helper).words)
    set_up_again(lost, auth)
    assert not RecoveryCode.objects.filter(set__saved_at__isnull=False).exists()
    assert RecoverySet.objects.filter(administrator=lost).count() == 1
    assert saved


def test_it_works_once(lost, helper):
    helped = help_with(lost, helper)
    come_in(lost, helped.words)
    with pytest.raises(PassWrong):
        come_in(lost, helped.words)


def test_it_works_for_that_person_alone(lost, helper):
    other = people.make_administrator(lost.customer, email="eve@harbourbakery.example")
    codes.enable_app(other)
    words = help_with(lost, helper).words
    with pytest.raises(PassWrong):
        come_in(other, words)
    come_in(lost, words)  # and that try ended nothing


def test_after_a_day_it_is_over(lost, helper, clock):
    words = help_with(lost, helper).words
    clock.shift(timedelta(hours=24))
    with pytest.raises(PassWrong):
        come_in(lost, words)


def test_five_wrong_ones_end_it_and_everybody_is_told(lost, helper):
    words = help_with(lost, helper).words
    for _ in range(5):
        with pytest.raises(PassWrong):
            come_in(lost, ("wrong",) * 8)
    with pytest.raises(PassWrong):
        come_in(lost, words)
    assert len(people.events(PASS_ENDED)) == 1
    assert len(people.events(PASS_FAILED, details__reason="pass_wrong")) >= 5
    assert RecoveryRequest.objects.get().state == State.ENDED


def test_its_session_has_an_hour_and_not_more(lost, helper, clock):
    auth = come_in(lost, help_with(lost, helper).words)
    assert step(auth) is Step.SET_UP_FACTOR
    clock.shift(timedelta(hours=1))
    again = begin(lost, pass_at=timezone.now() - timedelta(hours=1))
    assert step(again) is Step.VERIFY_FACTOR
    future = begin(lost, pass_at=timezone.now() + timedelta(hours=1))
    assert step(future) is Step.VERIFY_FACTOR


def test_a_newer_one_ends_the_older_one(lost, helper):
    first, second = help_with(lost, helper), help_with(lost, helper)
    with pytest.raises(PassWrong):
        come_in(lost, first.words)
    come_in(lost, second.words)
    assert SetUpPass.objects.filter(ended_at__isnull=True).count() == 1


def test_only_a_keyed_hash_of_it_is_kept_and_it_stands_nowhere_else(lost, helper):
    words = help_with(lost, helper).words
    row = SetUpPass.objects.get()
    assert len(bytes(row.keyed_hash)) == 32
    rows = str(list(Event.objects.values())) + str(list(RecoveryRequest.objects.values()))
    assert not [word for word in words if f" {word} " in rows]


def test_its_owner_who_takes_a_device_back_ends_it(lost, helper):
    secret = codes.enable_app(lost, name="Second phone")
    words = help_with(lost, helper).words
    take_back(
        auth=begin(lost),
        proof=codes.code(secret),
        actor=people.actor(lost),
        now=timezone.now() + timedelta(seconds=1),
    )
    with pytest.raises(PassWrong):
        come_in(lost, words)


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.REMOVED])
def test_somebody_suspended_meanwhile_gets_in_by_nothing(lost, helper, status):
    come_in(lost, help_with(lost, helper).words)
    Administrator.objects.of(lost.customer_id).filter(id=lost.id).update(status=status)
    assert step(begin(lost, pass_at=timezone.now())) is Step.SIGN_IN


@pytest.mark.parametrize("stopped", ["suspended", "back again", "removed", "without the tab"])
def test_it_is_worth_nothing_once_who_gave_it_was_stopped(lost, helper, clock, stopped):
    """A stolen account has read its words out already when it is found to be stolen."""
    boss, words = second_helper(helper, "Ada"), help_with(lost, helper).words
    clock.shift(timedelta(minutes=1))
    if stopped == "without the tab":
        change(helper, boss, tabs=frozenset({"home"}))
    else:
        status = Status.REMOVED if stopped == "removed" else Status.SUSPENDED
        change(helper, boss, status=status, confirmed=True)
    if stopped == "back again":
        change(helper, boss, status=Status.ACTIVE)
    with pytest.raises(PassWrong):
        come_in(lost, words)


def test_without_a_factor_it_says_nothing(lost, helper):
    """Where everything was reset meanwhile, a pass does not stand in for the mailbox."""
    Administrator.objects.of(lost.customer_id).filter(id=lost.id).update(require_2fa=True)
    words = help_with(lost, helper).words
    Factor.objects.filter(administrator=lost).delete()
    with pytest.raises(PassWrong):
        come_in(lost, words)
    assert step(begin(lost, pass_at=timezone.now())) is Step.VERIFY_MAILBOX


# --- who may help -----------------------------------------------------------------------------------


def test_what_helping_does(lost, helper):
    auth = begin(lost)
    help_with(lost, helper)
    again = begin(lost)
    assert auth.facts.security_version < again.facts.security_version
    assert Factor.objects.get(administrator=lost).suspended_at is not None
    request = RecoveryRequest.objects.get()
    assert (request.how, request.asked_by_id, request.state) == (HOW, helper.id, State.ISSUED)
    (event,) = people.events(HELPED)
    assert (event.actor_id, event.subject_id) == (helper.id, lost.id)


def test_nobody_helps_themselves(lost, helper):
    with pytest.raises(HelpYourself):
        help_with(helper, helper)
    assert Factor.objects.get(administrator=helper).suspended_at is None


def test_nobody_without_the_tab_or_of_another_customer_helps(lost, helper, outsider):
    codes.enable_app(outsider)
    with pytest.raises(NotAuthorised):
        help_with(helper, lost)
    with pytest.raises(NotFound):
        help_with(lost, outsider)


def test_who_has_no_second_factor_helps_nobody(lost, helper):
    Factor.objects.filter(administrator=helper).update(suspended_at=timezone.now())
    with pytest.raises(OwnFactorFirst):
        help_with(lost, helper)


def test_how_it_was_made_sure_has_to_be_said(lost, helper):
    with pytest.raises(HowMissing):
        help_with(lost, helper, how="  ")


def test_where_nothing_is_there_nothing_was_lost(helper, colleague):
    with pytest.raises(NothingLost):
        help_with(colleague, helper)


def test_where_the_provider_alone_helps_no_colleague_does(lost, helper):
    policies.ask(lost.customer_id, recovery_by=RecoveryBy.PROVIDER)
    with pytest.raises(HelpByProviderOnly):
        help_with(lost, helper)


@pytest.mark.parametrize("whose", ["customer", "brand"])
def test_what_the_provider_asks_at_least_of_help_holds(lost, helper, whose):
    """Whatever the company's own policy says: it cannot be milder than the minimum."""
    policies.ask(lost.customer_id, recovery_by=RecoveryBy.COLLEAGUE, recovery_wait_hours=24)
    save = {
        "customer": partial(policies.require_by_minimum, lost.customer_id, required=False),
        "brand": partial(policies.require_by_brand, lost.customer.brand_id, required=False),
    }[whose]
    save(recovery_by=RecoveryBy.TWO)
    assert not help_with(people.again(lost), helper).words
    save(recovery_by=RecoveryBy.PROVIDER, recovery_wait_hours=0)
    refuse(RecoveryRequest.objects.get(), helper)
    with pytest.raises(HelpByProviderOnly):
        help_with(people.again(lost), helper)
    assert isinstance(waiting.why_not(people.again(lost), now=timezone.now()), WaitingNotAllowed)


# --- the second yes ---------------------------------------------------------------------------------


def test_for_who_has_the_tab_one_colleague_does_not_do(lost_admin, helper):
    helped = help_with(lost_admin, helper)
    assert not helped.words
    assert helped.request.state == State.OPEN
    assert Factor.objects.get(administrator=lost_admin).suspended_at is None
    with pytest.raises(RequestOver):
        fetch(helped.request, helper)
    with pytest.raises(AlreadyAsked):
        help_with(lost_admin, helper)


def test_where_two_are_asked_for_one_does_not_do_for_anybody(lost, helper):
    policies.ask(lost.customer_id, recovery_by=RecoveryBy.TWO)
    assert not help_with(lost, helper).words


def test_taking_the_tab_away_first_does_not_make_one_colleague_enough(lost_admin, helper, clock):
    change(lost_admin, helper, tabs=frozenset({"home"}))
    assert not help_with(people.again(lost_admin), helper).words
    refuse(RecoveryRequest.objects.get(), helper)
    clock.shift(timedelta(days=6, hours=23))
    assert not help_with(people.again(lost_admin), helper).words
    refuse(RecoveryRequest.objects.get(state=State.OPEN), helper)
    clock.shift(timedelta(hours=1))
    assert help_with(people.again(lost_admin), helper).words


@pytest.mark.parametrize("own", [False, True], ids=["by a colleague", "by themselves"])
def test_moving_the_mailbox_first_does_not_either(lost, helper, clock, own):
    """Whoever moved it could set the password by a link, before they ask; who moved their own did it with a factor."""
    by = people.actor(lost if own else helper)
    ask_email(lost, "thief@elsewhere.example", actor=by, now=timezone.now())
    token = people.path_of("email_new", administrator=lost).split("/")[-2]
    email_change.answer(
        token=token, stop=False, client=by.client, session_id=None, now=timezone.now()
    )
    clock.shift(timedelta(hours=25))
    email_change.apply_due(now=timezone.now())
    assert people.again(lost).email == "thief@elsewhere.example"
    assert bool(help_with(people.again(lost), helper).words) == own
    if not own:
        refuse(RecoveryRequest.objects.get(), helper)
        clock.shift(timedelta(days=7))
        assert help_with(people.again(lost), helper).words


@pytest.mark.parametrize("before", [RecoveryBy.TWO, RecoveryBy.PROVIDER])
def test_making_the_policy_milder_first_does_not_either(lost, helper, clock, before):
    policies.ask(lost.customer_id, recovery_by=before)
    clock.shift(timedelta(days=3))
    policies.ask(lost.customer_id, recovery_by=RecoveryBy.COLLEAGUE)
    if before is RecoveryBy.PROVIDER:
        with pytest.raises(HelpByProviderOnly):
            help_with(lost, helper)
        clock.shift(timedelta(days=1))
    assert not help_with(lost, helper).words
    refuse(RecoveryRequest.objects.get(), helper)
    clock.shift(timedelta(days=7))
    assert help_with(lost, helper).words


def test_a_second_colleague_agrees_and_who_asked_fetches_it_once(lost_admin, helper):
    other = second_helper(helper)
    request = help_with(lost_admin, helper).request
    agree(request, other)
    for stranger in (other, lost_admin):
        with pytest.raises(NotFound):
            fetch(request, stranger)
    words = fetch(request, helper)
    with pytest.raises(RequestOver):
        fetch(request, helper)
    set_up_again(lost_admin, come_in(lost_admin, words))


def test_neither_who_asked_nor_whom_it_is_for_agrees(lost_admin, helper):
    request = help_with(lost_admin, helper).request
    for one in (helper, lost_admin):
        with pytest.raises(HelpYourself):
            agree(request, one)
    assert RecoveryRequest.objects.get().state == State.OPEN


def test_who_asked_does_not_agree_on_somebodys_behalf_either(lost_admin, helper):
    other = second_helper(helper)
    request = help_with(lost_admin, helper).request
    for person, behalf in ((helper, other), (other, helper)):
        actor = replace(people.actor(person), on_behalf_of=behalf.who())
        with pytest.raises((HelpYourself, NotAuthorised)):
            requests.agree(
                request.id, customer_id=helper.customer_id, actor=actor, now=timezone.now()
            )


def test_an_accomplice_who_was_given_the_tab_just_now_does_not_agree(lost_admin, helper, clock):
    """A stolen account gives the tab to another one of the thief's: for a day that one agrees to nothing."""
    request = help_with(lost_admin, helper).request
    new = second_helper(helper, "Mallory")
    with transaction.atomic():
        record(RIGHTS_CHANGED, actor=people.actor(helper), subject=new.who())
    with pytest.raises(NotYetAllowed):
        agree(request, new)
    clock.shift(timedelta(hours=23))
    with pytest.raises(NotYetAllowed):
        agree(request, new)


def test_an_account_that_was_made_just_now_does_not_agree(lost_admin, helper):
    other = second_helper(helper, "Mallory")
    rows = Administrator.objects.of(helper.customer_id).filter(id=other.id)
    rows.update(joined_at=timezone.now() - timedelta(hours=23))
    request = help_with(lost_admin, helper).request
    with pytest.raises(NotYetAllowed):
        agree(request, other)


def test_who_lost_the_right_or_is_of_another_customer_does_not_agree(
    lost_admin, helper, colleague, outsider
):
    request = help_with(lost_admin, helper).request
    codes.enable_app(colleague)
    codes.enable_app(outsider)
    with pytest.raises(NotAuthorised):
        agree(request, colleague)
    with pytest.raises(NotFound):
        agree(request, outsider)


def test_after_a_day_without_an_objection_it_holds_and_after_another_it_is_over(
    lost_admin, helper, clock
):
    request = help_with(lost_admin, helper).request
    clock.shift(timedelta(hours=23, minutes=59))
    with pytest.raises(RequestOver):
        fetch(request, helper)
    clock.shift(timedelta(minutes=1))
    words = fetch(request, helper)
    [agreed] = people.events(HELP_AGREED)
    assert agreed.actor_id is None, "it was time, not who asked"
    come_in(lost_admin, words)


def test_two_days_later_nothing_is_fetched_any_more(lost_admin, helper, clock):
    request = help_with(lost_admin, helper).request
    clock.shift(timedelta(hours=48))
    with pytest.raises(RequestOver):
        fetch(request, helper)


def test_who_asked_and_has_lost_the_right_since_fetches_nothing(lost_admin, helper, clock):
    request = help_with(lost_admin, helper).request
    agree(request, second_helper(helper))
    Administrator.objects.of(helper.customer_id).filter(id=helper.id).update(tabs=" home ")
    with pytest.raises(NotAuthorised):
        fetch(request, helper)


def test_its_owner_who_signs_in_with_a_factor_ends_it(lost_admin, helper, clock):
    request = help_with(lost_admin, helper).request
    agree(request, second_helper(helper))
    clock.shift(timedelta(seconds=31))
    verify_code(begin(lost_admin), codes.next_code(lost_admin), lost_admin)
    with pytest.raises(RequestOver):
        fetch(request, helper)


def test_what_nobody_used_ends_and_history_says_so(lost, lost_admin, helper, clock):
    help_with(lost, helper)
    help_with(lost_admin, helper)
    assert due_requests.end_due(now=timezone.now()) == 0
    clock.shift(timedelta(hours=24))
    assert (
        due_requests.end_due(now=timezone.now()) == 1
    )  # the pass; the other one can be fetched now
    clock.shift(timedelta(hours=24))
    assert due_requests.end_due(now=timezone.now()) == 1
    assert set(RecoveryRequest.objects.values_list("state", flat=True)) == {State.ENDED}
    assert len(people.events(HELP_ENDED)) == 2
    help_with(lost_admin, helper)  # and it can be asked for again


# --- objecting --------------------------------------------------------------------------------------


def object_by_mail(person: Administrator) -> None:
    token = people.path_of("veto", administrator=person).split("/")[-2]
    client = people.actor(person).client
    veto.veto(token=token, client=client, now=timezone.now())


@pytest.mark.parametrize("how", ["colleague", "by mail", "themselves", "who asked"])
def test_what_was_refused_stays_refused(lost_admin, helper, clock, how):
    other = second_helper(helper)
    request = help_with(lost_admin, helper).request
    if how == "by mail":
        object_by_mail(lost_admin)
    else:
        refuse(request, {"colleague": other, "themselves": lost_admin}.get(how, helper))
    for late in (timedelta(), timedelta(hours=24), timedelta(hours=23)):
        clock.shift(late)
        with pytest.raises(RequestOver):
            fetch(request, helper)
        with pytest.raises(RequestOver):
            agree(request, other)
    assert RecoveryRequest.objects.get().state == State.REFUSED


def test_a_pass_that_was_used_and_led_to_no_device_lapses(lost, helper, clock):
    used = help_with(lost, helper)
    come_in(lost, used.words)
    clock.shift(timedelta(hours=23))
    again = help_with(lost, helper)
    assert due_requests.end_due(now=timezone.now()) == 0
    clock.shift(timedelta(hours=1))
    assert due_requests.end_due(now=timezone.now()) == 1
    assert RecoveryRequest.objects.get(id=used.request.id).state == State.ENDED
    assert HELP_ENDED in set(Event.objects.values_list("type", flat=True))
    page = browsers.browser_of_with_factor(helper).get(f"/requests/{used.request.id}/")
    assert "Take the request back" not in page.content.decode()
    # What was given out since is another one.
    set_up_again(lost, come_in(lost, again.words))
    clock.shift(timedelta(days=29))
    assert due_requests.end_due(now=timezone.now()) == 0
    assert RecoveryRequest.objects.get(id=again.request.id).state == State.ISSUED


def test_a_pass_that_was_given_out_can_still_be_refused(lost, helper):
    words = help_with(lost, helper).words
    object_by_mail(lost)
    with pytest.raises(PassWrong):
        come_in(lost, words)


def test_who_is_at_the_set_up_is_stopped(lost, helper):
    auth = come_in(lost, help_with(lost, helper).words)
    object_by_mail(lost)
    with pytest.raises((SessionEnded, AlreadyEnabled, StaleRequest)):
        set_up_again(lost, auth)
    assert [one.name for one in Factor.objects.filter(administrator=lost)] == ["Old phone"]


def test_once_it_is_set_up_it_is_denied_and_not_stopped(lost, helper):
    request = help_with(lost, helper)
    set_up_again(lost, come_in(lost, request.words))
    with pytest.raises(TooLateToStop):
        refuse(request.request, helper)
    assert Factor.objects.filter(administrator=lost, suspended_at__isnull=True).exists()


def test_the_page_of_an_objection_speaks_of_suspended_devices_where_there_are_some(lost, helper):
    admin = second_helper(helper, "Ada")
    for person, suspended in ((lost, True), (admin, False)):
        help_with(person, helper)
        browser = Client()
        browser.get(people.path_of("veto", administrator=person))
        page = browser.get("/veto/").content.decode()
        assert ("What was suspended" in page) is suspended
        assert ("nothing has changed" in page) is not suspended


def test_after_a_pass_nobody_lands_on_a_page_that_was_tried_before(lost, helper):
    helped = help_with(lost, helper)
    phone = Client(HTTP_USER_AGENT=CHROME)
    phone.post("/sign-in/", {"email": lost.email, "password": PASSWORD})
    phone.get("/profile/second-address/")
    used = phone.post("/sign-in/pass/", {"pass": " ".join(helped.words)})
    assert used["Location"] == "/"
    assert phone.get("/")["Location"] == "/sign-in/set-up/"
    assert {one.next_path for one in Session.objects.filter(pass_at__isnull=False)} == {""}


def test_the_link_objects_once_and_by_post_alone(lost_admin, helper):
    help_with(lost_admin, helper)
    path = people.path_of("veto", administrator=lost_admin)
    browser = Client()
    browser.get(path)
    assert browser.get("/veto/").status_code == 200
    assert RecoveryRequest.objects.get().state == State.OPEN
    answer = browser.post("/veto/")
    assert (answer.status_code, answer["Location"]) == (303, "/veto/done/")
    assert "Nobody can set up a new device" in browser.get("/veto/done/").content.decode()
    assert RecoveryRequest.objects.get().state == State.REFUSED
    # It is used up: opened again it says so, and what is sent again ends nothing and leads to what came of it.
    browser.get(path)
    assert browser.get("/veto/").status_code == 404
    assert browser.post("/veto/")["Location"] == "/veto/done/"
    assert len(people.events(HELP_REFUSED)) == 1


@pytest.mark.parametrize("query", ["", "?ended=on"])
def test_nobody_is_told_that_something_was_refused_but_the_browser_that_refused_it(
    lost_admin, helper, query
):
    help_with(lost_admin, helper)
    path = people.path_of("veto", administrator=lost_admin)
    browser, stranger = Client(), Client()
    for one in (browser, stranger):
        one.get(path)  # whoever has the link, and has not pressed
        assert one.get(f"/veto/done/{query}").status_code == 404
    browser.post("/veto/")
    told = browser.get(f"/veto/done/{query}").content.decode()
    assert "Nobody can set up a new device" in told
    assert "Everything was ended" not in told
    assert stranger.get(f"/veto/done/{query}").status_code == 404


def test_every_address_of_the_person_can_object_and_all_with_the_tab_are_told(lost_admin, helper):
    Administrator.objects.of(helper.customer_id).filter(id=lost_admin.id).update(
        second_email="ada@elsewhere.example"
    )
    help_with(lost_admin, helper)
    run_once(timezone.now())
    (event,) = people.events(HELP_ASKED)
    told = set(Delivery.objects.filter(event_id=event.id).values_list("template", "address"))
    assert told == {
        ("help_asked", lost_admin.email),
        ("help_asked", "ada@elsewhere.example"),
        ("help_asked_colleague", helper.email),
    }
    for delivery in Delivery.objects.filter(event_id=event.id, template="help_asked"):
        assert "/veto/" in str(write(delivery, now=timezone.now()).body)


# --- was it them? -----------------------------------------------------------------------------------


def test_it_was_not_them_ends_everything_and_the_mailbox_alone_leads_nowhere(lost, helper):
    helped = help_with(lost, helper)
    auth = set_up_again(lost, come_in(lost, helped.words))
    say_who(helped.request, helper, was_them=False)
    thief = people.again(lost)
    assert not is_password_usable(thief.password)
    assert not RecoverySet.objects.filter(administrator=lost).exists()
    assert auth.facts.security_version < thief.security_version
    for columns in ({"from_link": True}, {"mailbox_at": timezone.now()}):
        assert step(begin(thief, **columns)) is Step.VERIFY_FACTOR
    with pytest.raises(FactorDisabled):
        verify_code(begin(thief), codes.next_code(thief), thief)
    assert len(people.events(RECOVERY_DENIED)) == 1
    with pytest.raises(RequestOver):
        say_who(helped.request, helper, was_them=True)


def test_after_that_they_are_helped_once_more(lost, helper):
    helped = help_with(lost, helper)
    set_up_again(lost, come_in(lost, helped.words))
    say_who(helped.request, helper, was_them=False)
    again = help_with(people.again(lost), helper)
    set_up_again(lost, come_in(lost, again.words))


def test_it_was_them_ends_nothing_and_is_said_once(lost, helper):
    helped = help_with(lost, helper)
    auth = set_up_again(lost, come_in(lost, helped.words))
    say_who(helped.request, helper, was_them=True)
    assert step(begin(lost)) is Step.VERIFY_FACTOR
    assert auth.facts.security_version == people.again(lost).security_version
    with pytest.raises(RequestOver):
        say_who(helped.request, helper, was_them=True)


def test_nobody_says_it_of_themselves_or_before_they_are_back(lost_admin, helper):
    other = second_helper(helper)
    request = help_with(lost_admin, helper).request
    with pytest.raises(RequestOver):
        say_who(request, helper, was_them=True)
    agree(request, other)
    set_up_again(lost_admin, come_in(lost_admin, fetch(request, helper)))
    with pytest.raises(HelpYourself):
        say_who(request, lost_admin, was_them=True)
    say_who(request, other, was_them=True)


# --- at once ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_thirty_at_once_one_uses_the_pass(owner, colleague):
    codes.enable_app(owner)
    codes.enable_app(colleague)
    words = " ".join(help_with(colleague, owner).words)
    auths = [begin(colleague) for _ in range(30)]
    found = at_once([partial(use, auth, words) for auth in auths])
    assert len([one for one in found if not isinstance(one, Exception)]) == 1


@pytest.mark.django_db(transaction=True)
def test_thirty_decide_at_once_and_one_decision_holds(owner):
    codes.enable_app(owner)
    lost, others = second_helper(owner, "Ada"), [second_helper(owner, f"Otto{n}") for n in range(3)]
    long_ago(owner)
    request = help_with(lost, owner).request
    calls = [partial(agree, request, one) for one in others for _ in range(5)]
    calls += [partial(refuse, request, one) for one in (*others, lost) for _ in range(4)]
    found = at_once(calls)
    refused = [one for one in found[15:] if not isinstance(one, Exception)]
    agreed = [one for one in found[:15] if not isinstance(one, Exception)]
    assert len(refused) == 1
    assert len(agreed) <= 1
    assert RecoveryRequest.objects.get().state == State.REFUSED


# --- over the pages ---------------------------------------------------------------------------------


def test_over_the_pages_from_the_loss_to_the_new_device(lost, helper):
    browser = browsers.browser_of(helper)
    page = browser.get(f"/administrators/{lost.id}/help/").content.decode()
    assert "call back" in page
    led = browser.post(f"/administrators/{lost.id}/help/", {"how": HOW})
    assert led.status_code == 303
    shown = browser.get(led["Location"])
    assert "no-store" in shown["Cache-Control"]
    words = shown_words(shown)
    phone = Client(HTTP_USER_AGENT=CHROME)
    phone.post("/sign-in/", {"email": lost.email, "password": PASSWORD})
    assert "/sign-in/help/" in phone.get("/sign-in/code/").content.decode()
    assert "/sign-in/pass/" in phone.get("/sign-in/help/").content.decode()
    assert phone.post("/sign-in/pass/", {"pass": "no such words"}).status_code == 422
    answer = phone.post("/sign-in/pass/", {"pass": words.upper().replace(" ", "-")})
    assert answer.status_code == 303
    for path in ("/", "/security/", "/administrators/", "/sign-in/code/", "/sign-in/pass/"):
        assert phone.get(path)["Location"] == "/sign-in/set-up/"
    secret = codes.shown_secret(phone.get("/sign-in/set-up/"))
    done = phone.post("/sign-in/set-up/", {"code": codes.code(secret), "name": "New"})
    assert done.status_code == 303
    assert phone.get("/")["Location"] == "/sign-in/recovery-codes/"
    request = RecoveryRequest.objects.get()
    assert "was_them" in browser.get(f"/requests/{request.id}/").content.decode()


def test_a_pass_is_shown_once_and_loading_it_again_makes_no_other(lost, helper):
    browser = browsers.browser_of(helper)
    led = browser.post(f"/administrators/{lost.id}/help/", {"how": HOW})["Location"]
    words = shown_words(browser.get(led))
    again = browser.get(led)
    assert again.status_code == 303
    assert "shown once" in browser.get(again["Location"]).content.decode()
    set_up_again(lost, come_in(lost, tuple(words.split())))


def test_nobody_else_is_shown_it_nor_another_session_nor_late(lost, helper, clock):
    other = second_helper(helper)
    browser = browsers.browser_of(helper)
    led = browser.post(f"/administrators/{lost.id}/help/", {"how": HOW})["Location"]
    for stranger in (browsers.browser_of(other), browsers.browser_of(people.again(helper))):
        assert stranger.get(led).status_code == 303
    clock.shift(rules.SHOWN_WITHIN)
    assert browser.get(led).status_code == 303
    assert due_requests.end_due(now=timezone.now()) == 0
    assert SetUpPass.objects.get().nonce is None


def test_a_pass_that_ended_before_it_was_looked_at_is_not_shown(lost, helper):
    browser = browsers.browser_of(helper)
    led = browser.post(f"/administrators/{lost.id}/help/", {"how": HOW})["Location"]
    browser.post(led.removesuffix("pass/"), {})
    assert browser.get(led).status_code == 303


def test_a_second_colleague_s_yes_leads_to_a_pass_that_is_shown_in_the_same_way(lost_admin, helper):
    other = second_helper(helper)
    request = help_with(lost_admin, helper).request
    agree(request, other)
    browser = browsers.browser_of(helper)
    led = browser.post(f"/requests/{request.id}/pass/")
    assert (led.status_code, led["Location"]) == (303, f"/requests/{request.id}/pass/")
    assert shown_words(browser.get(led["Location"]))


def shown_words(page):
    return page.content.decode().split('id="set-up-pass">')[1].split("<")[0]


def test_who_did_not_give_the_password_learns_of_no_way(lost, helper):
    page = Client().get("/sign-in/help/").content.decode()
    assert 'id="ways"' not in page
    assert "/sign-in/pass/" not in page


def test_a_page_of_help_names_no_colleague(lost, helper):
    phone = Client(HTTP_USER_AGENT=CHROME)
    phone.post("/sign-in/", {"email": lost.email, "password": PASSWORD})
    page = phone.get("/sign-in/help/").content.decode()
    assert "Administrators tab" in page
    for secret in (helper.full_name, helper.email, lost.customer.name):
        assert secret not in page


@pytest.mark.parametrize(
    "path", ["/requests/", "/requests/{id}/", "/administrators/{person}/help/"]
)
def test_the_pages_are_for_who_has_the_tab(lost, lost_admin, helper, outsider, path):
    request = help_with(lost_admin, helper).request
    address = path.format(id=request.id, person=lost_admin.id)
    assert browsers.browser_of(helper).get(address).status_code == 200
    other = browsers.browser_of(lost)
    assert other.get(address).status_code == 403
    codes.enable_app(outsider)
    answer = browsers.browser_of(outsider).get(address)
    assert answer.status_code == (404 if "{" in path else 200)
    assert lost_admin.full_name not in answer.content.decode()
    assert Client().get(address)["Location"].startswith("/sign-in/?next=")


def test_refusals_are_remembered(lost, helper):
    with pytest.raises(HelpYourself):
        help_with(helper, helper)
    tried = Event.objects.filter(type="help_tried", outcome=Outcome.REFUSED)
    assert tried.get().details["reason"] == "help_yourself"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("oneself", "for yourself"),
        ("suspended", "current status"),
        ("invited", "current status"),
        ("without a device", "nothing to replace"),
        ("asked for", "already a request"),
        ("provider", "may help after a loss"),
    ],
)
def test_the_page_says_at_once_why_it_cannot_be_done(lost, lost_admin, helper, state, said):
    who = {"oneself": helper, "asked for": lost_admin}.get(state, lost)
    rows = Administrator.objects.of(who.customer_id).filter(id=who.id)
    if state in {"suspended", "invited"}:
        rows.update(status=state)
    elif state == "without a device":
        Factor.objects.filter(administrator=who).delete()
    elif state == "asked for":
        help_with(who, helper)
    elif state == "provider":
        policies.ask(who.customer_id, recovery_by=RecoveryBy.PROVIDER)
    browser = browsers.browser_of(helper)
    for answer, status in (
        (browser.get(f"/administrators/{who.id}/help/"), 200),
        (browser.post(f"/administrators/{who.id}/help/", {"how": HOW}), 422),
    ):
        page = answer.content.decode()
        assert answer.status_code == status
        assert 'name="how"' not in page
        assert "call back" not in page
        assert said in page
