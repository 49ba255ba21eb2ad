"""Who persuades the provider's support, or is one of it, still needs somebody's yes, or 72 hours before all eyes."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from doorward.accounts.errors import CustomerNotActive, WrongStatus
from doorward.accounts.events import (
    ADMINISTRATOR_ADDED,
    ADMINISTRATOR_RESTORED,
    ADMINISTRATOR_SUSPENDED,
    EMAIL_CHANGED,
    INVITATION_SENT,
    SCOPE_CHANGED,
)
from doorward.accounts.models import Administrator, Status
from doorward.audit.actor import CONSOLE
from doorward.audit.models import Event
from doorward.audit.record import record
from doorward.credentials.events import APP_TAKEN_OVER, PASSWORD_RESET, TWO_FACTOR_RESET
from doorward.credentials.models import Factor
from doorward.customers import services as customers
from doorward.customers.models import Customer, CustomerStatus
from doorward.customers.rights import is_allowed
from doorward.kernel.errors import NotFound
from doorward.notifications.letter import write
from doorward.notifications.models import Delivery
from doorward.notifications.worker import run_once
from doorward.permissions.actions import Action
from doorward.permissions.errors import NotAuthorised
from doorward.policy.fields import RecoveryBy, SupportAccess
from doorward.recovery import caller_check, due_requests, support
from doorward.recovery.caller_check import Side
from doorward.recovery.errors import (
    AlreadyAsked,
    HelpByProviderOnly,
    HelpYourself,
    HowMissing,
    LetInBySupport,
    NothingLost,
    NotYetAllowed,
    OwnFactorFirst,
    PasswordNotTheirs,
    PassWrong,
    RequestOver,
    StaffTooNew,
    SupportAskedTooOften,
    SupportIsForCustomers,
    SupportNotAllowed,
    SupportNotByTime,
)
from doorward.recovery.events import (
    HELP_AGREED,
    HELP_ENDED,
    HELP_GAVE_WAY,
    HELP_REFUSED,
    HELPED,
    PASS_MAILED,
    SUPPORT_ASKED,
)
from doorward.recovery.models import RecoveryRequest, SetUpPass, State, Way
from doorward.recovery.set_up_pass import words_of
from tests.accounts.changing import change
from tests.kit import browsers, codes, passkeys, people, policies
from tests.kit.factors import verify_code
from tests.kit.racing import at_once
from tests.kit.recovering import (
    agree,
    ask_as_support,
    come_in,
    fetch,
    help_with,
    long_ago,
    make_staff,
    refuse,
    say_who,
    second_helper,
    set_up_again,
)
from tests.threats.test_recovery import object_by_mail

if TYPE_CHECKING:
    import time_machine

    from doorward.audit.events import EventType

pytestmark = pytest.mark.django_db

DAY, WAITS, MOMENT = timedelta(days=1), timedelta(hours=72), timedelta(seconds=1)


@pytest.fixture
def boss(clock: time_machine.Traveller, owner: Administrator) -> Administrator:
    """Return who could agree: with the tab and an app, for long."""
    codes.enable_app(owner)
    long_ago(owner)
    return owner


@pytest.fixture
def staff(boss: Administrator) -> Administrator:
    return make_staff()


@pytest.fixture
def lost(boss: Administrator, colleague: Administrator) -> Administrator:
    """Return somebody who has lost their app, and is no administrator of others."""
    codes.enable_app(colleague, name="Old phone")
    long_ago(colleague)
    return colleague


@pytest.fixture
def alone(boss: Administrator, staff: Administrator) -> Administrator:
    """Return the only one of their company who could agree to anything, who has lost their app."""
    return boss


def happened(kind: EventType, to: Administrator, *, by: Administrator | None, days: int) -> None:
    """Let something have been done to somebody some days ago; by nobody: at the console."""
    actor = people.actor(by) if by else CONSOLE
    with transaction.atomic():
        record(kind, actor=actor, subject=to.who())
    newest = Event.objects.filter(type=kind).latest("id")
    then = timezone.now() - timedelta(days=days)
    Event.rewritable.filter(id=newest.id).update(at=then)


def take_back(request: RecoveryRequest, staff: Administrator) -> None:
    support.take_back(
        request.id,
        customer_id=request.administrator.customer_id,
        actor=people.actor(staff),
        now=timezone.now(),
    )


def state_of(request: RecoveryRequest) -> str:
    return RecoveryRequest.objects.get(id=request.id).state


def due(request: RecoveryRequest, clock: time_machine.Traveller) -> None:
    """Let the worker come by when the 72 hours are over."""
    clock.shift(WAITS)
    assert due_requests.end_due(now=timezone.now()) == 1
    assert request.due_at == request.asked_at + WAITS


# --- somebody's yes ---------------------------------------------------------------------------------


def test_nothing_happens_before_somebody_agrees_and_then_they_read_out_the_pass(lost, boss, staff):
    request = ask_as_support(lost, staff)
    assert (request.way, request.state, request.due_at) == (Way.SUPPORT, State.OPEN, None)
    assert Factor.objects.get(administrator=lost).suspended_at is None
    for who in (boss, lost, staff):
        with pytest.raises((RequestOver, NotFound, NotAuthorised)):
            fetch(request, who)
    agree(request, boss)
    assert Factor.objects.get(administrator=lost).suspended_at is None
    words = fetch(request, boss)
    assert Factor.objects.get(administrator=lost).suspended_at is not None
    set_up_again(lost, come_in(lost, words))
    say_who(request, boss, was_them=True)


def test_support_never_sees_the_pass(lost, boss, staff):
    request = ask_as_support(lost, staff)
    agree(request, boss)
    with pytest.raises(NotAuthorised):
        fetch(request, staff)
    # Not even as somebody of that company, if they had an account there as well.
    with pytest.raises(NotFound):
        fetch(request, second_helper(boss))


def test_both_sides_have_it_in_their_history_and_support_is_told(lost, boss, staff):
    request = ask_as_support(lost, staff)
    agree(request, boss)
    fetch(request, boss)
    refuse(request, boss)
    for kind in (SUPPORT_ASKED, HELP_AGREED, HELPED, HELP_REFUSED):
        found = {event.customer_id for event in people.events(kind)}
        assert found == {lost.customer_id, staff.customer_id}, kind
    run_once(timezone.now())
    told = set(Delivery.objects.values_list("template", "address"))
    assert ("support_asked", lost.email) in told
    assert ("support_asked_colleague", boss.email) in told
    answered = Delivery.objects.filter(template="support_answered")
    assert [row.address for row in answered] == [staff.email] * 2
    said = "".join(str(write(row, now=timezone.now()).body) for row in answered)
    assert f"/customers/{lost.customer_id}/requests/{request.id}/" in said
    # Of the copies in the provider's own history nobody is told.
    copies = Event.objects.filter(customer_id=staff.customer_id, details__copy=True)
    assert copies.count() == 4
    assert not Delivery.objects.filter(event_id__in=copies.values("id")).exists()
    asked = Event.objects.filter(customer_id=staff.customer_id, type=SUPPORT_ASKED).get()
    assert "link" not in asked.details


def test_how_they_made_sure_has_to_be_said(lost, staff):
    with pytest.raises(HowMissing):
        ask_as_support(lost, staff, how=" ")


def test_a_caller_check_that_was_passed_stands_in_the_request(lost, staff, clock):
    by, now = people.actor(staff), timezone.now()
    other = make_staff("liam@provider.example")
    check = caller_check.begin(lost.customer_id, lost.email, actor=by, now=now)
    hears, says = (caller_check.code_of(check, side) for side in (Side.PERSON, Side.STAFF))
    caller_check.answer_as_person(lost.id, says, actor=people.actor(lost), now=now)
    assert caller_check.passed_at(staff.id, lost.id, since=now - DAY) is None
    caller_check.answer_as_staff(check, hears, actor=by, now=now)
    assert ask_as_support(lost, other).checked_at is None  # that was somebody else's
    take_back(RecoveryRequest.objects.get(), other)
    assert ask_as_support(lost, staff).checked_at == now
    take_back(RecoveryRequest.objects.get(state=State.OPEN), staff)
    clock.shift(DAY)
    assert ask_as_support(lost, staff).checked_at is None


# --- who asks ---------------------------------------------------------------------------------------


def test_nobody_but_staff_with_the_tab_asks(lost, boss, staff, outsider):
    codes.enable_app(outsider)
    rows = Administrator.objects.everywhere()
    # The key of the provider's tab in the row of a customer's own person is no right.
    rows.filter(id=boss.id).update(tabs=f"{boss.tabs}customers ")
    rows.filter(id=staff.id).update(tabs=" home administrators ")
    for who in (boss, lost, outsider, people.again(staff)):
        with pytest.raises(NotAuthorised):
            ask_as_support(lost, who)
    assert not RecoveryRequest.objects.exists()


def test_support_does_not_help_itself_or_the_providers_own_people(staff):
    other = make_staff("liam@provider.example")
    with pytest.raises(HelpYourself):
        ask_as_support(staff, staff)
    with pytest.raises(SupportIsForCustomers):
        ask_as_support(other, staff)


@pytest.mark.parametrize("changed", [PASSWORD_RESET, SCOPE_CHANGED])
def test_whose_own_access_changed_today_does_not_ask(lost, staff, clock, changed):
    happened(changed, staff, by=staff, days=0)
    with pytest.raises(StaffTooNew):
        ask_as_support(lost, staff)
    clock.shift(DAY)
    ask_as_support(lost, staff)


def test_a_new_account_of_the_support_does_not_ask(lost, staff):
    new = make_staff("mallory@provider.example")
    rows = Administrator.objects.everywhere().filter(id=new.id)
    rows.update(joined_at=timezone.now(), added_at=timezone.now())
    with pytest.raises(StaffTooNew):
        ask_as_support(lost, people.again(new))


def test_staff_without_a_second_factor_of_their_own_ask_for_nobody(lost, staff):
    Factor.objects.filter(administrator=staff).update(suspended_at=timezone.now())
    with pytest.raises(OwnFactorFirst):
        ask_as_support(lost, staff)


def test_staff_change_nothing_of_the_person_that_would_help_them(lost, staff):
    actor = people.actor(staff)
    for action in (
        Action.CHANGE_EMAIL,
        Action.CHANGE_PERSON,
        Action.SEND_PASSWORD_LINK,
        Action.HELP_PERSON,
        Action.AGREE_TO_HELP,
        Action.SAY_WHO_CAME_BACK,
        Action.CHANGE_POLICY,
    ):
        assert not is_allowed(actor, action, lost.customer_id), action


def test_another_companys_request_is_not_found(lost, staff, outsider):
    request = ask_as_support(lost, staff)
    with pytest.raises(NotFound):
        support.take_back(
            request.id,
            customer_id=outsider.customer_id,
            actor=people.actor(staff),
            now=timezone.now(),
        )
    with pytest.raises(NotFound):
        support.ask(
            lost.id,
            how="Called back.",
            customer_id=outsider.customer_id,
            actor=people.actor(staff),
            now=timezone.now(),
        )


def test_support_takes_back_its_own_ways_requests_alone(lost, boss, staff):
    other = second_helper(boss)
    of_colleague = help_with(other, boss).request
    with pytest.raises(NotFound):
        take_back(of_colleague, staff)
    request = ask_as_support(lost, staff)
    agree(request, boss)
    words = fetch(request, boss)
    take_back(request, staff)
    with pytest.raises(PassWrong):
        come_in(lost, words)


def test_asking_again_and_again_ends(lost, staff, clock):
    for _time in range(support.ASKS_A_DAY):
        take_back(ask_as_support(lost, staff), staff)
    with pytest.raises(SupportAskedTooOften):
        ask_as_support(lost, make_staff("liam@provider.example"))
    clock.shift(DAY)
    ask_as_support(lost, staff)


# --- who agrees -------------------------------------------------------------------------------------


def test_the_person_concerned_does_not_agree(boss, staff):
    admin = second_helper(boss, "Ada")
    request = ask_as_support(admin, staff)
    with pytest.raises(HelpYourself):
        agree(request, admin)
    agree(request, boss)


@pytest.mark.parametrize(
    ("kind", "by"),
    [
        (ADMINISTRATOR_ADDED, "staff"),
        (INVITATION_SENT, "staff"),
        (ADMINISTRATOR_RESTORED, "other staff"),
        (TWO_FACTOR_RESET, "console"),
        # Whoever imports an app knows its secret.
        (APP_TAKEN_OVER, "staff"),
        (ADMINISTRATOR_ADDED, "whom staff invited"),
    ],
)
def test_whom_the_asker_let_in_or_the_provider_gave_back_within_a_month_does_not_agree(
    lost, boss, staff, kind, by
):
    made = second_helper(boss, "Mallory")
    via = second_helper(boss, "Trudy")
    if by == "whom staff invited":
        happened(ADMINISTRATOR_ADDED, via, by=staff, days=28)
    giver = {
        "staff": staff,
        "other staff": make_staff("liam@provider.example"),
        "console": None,
        "whom staff invited": via,
    }[by]
    happened(kind, made, by=giver, days=29)
    request = ask_as_support(lost, staff)
    with pytest.raises(LetInBySupport):
        agree(request, made)
    agree(request, boss)


@pytest.mark.parametrize("kind", [ADMINISTRATOR_ADDED, APP_TAKEN_OVER])
@pytest.mark.parametrize("by", ["other staff", "console"])
def test_whom_others_of_the_provider_added_does(lost, boss, staff, kind, by):
    """At a new customer everybody was, or moved in with their app: nobody could be helped for a month."""
    giver = make_staff("liam@provider.example") if by == "other staff" else None
    made = second_helper(boss, "Otto")
    happened(kind, made, by=giver, days=3)
    agree(ask_as_support(lost, staff), made)


def test_after_a_month_they_do(lost, boss, staff):
    made = second_helper(boss, "Otto")
    happened(ADMINISTRATOR_ADDED, made, by=staff, days=31)
    agree(ask_as_support(lost, staff), made)


def test_who_came_back_by_the_support_does_not_agree_to_its_next_request(lost, boss, staff, clock):
    admin = second_helper(boss, "Ada")
    request = ask_as_support(admin, staff)
    agree(request, boss)
    set_up_again(admin, come_in(admin, fetch(request, boss)))
    clock.shift(timedelta(days=29))
    next_one = ask_as_support(lost, staff)
    with pytest.raises(LetInBySupport):
        agree(next_one, people.again(admin))
    agree(next_one, boss)


@pytest.mark.parametrize("kind", [PASSWORD_RESET, APP_TAKEN_OVER])
def test_whose_own_access_changed_today_does_not_agree(lost, boss, staff, kind):
    happened(kind, boss, by=boss if kind is PASSWORD_RESET else None, days=0)
    request = ask_as_support(lost, staff)
    with pytest.raises(NotYetAllowed):
        agree(request, boss)


def test_that_the_provider_invited_both_makes_no_two_colleagues_one(boss, staff):
    """The way of a colleague is as it was: support is not among those who decide there."""
    admin, other = second_helper(boss, "Ada"), second_helper(boss, "Otto")
    for one in (boss, other):
        happened(ADMINISTRATOR_ADDED, one, by=staff, days=5)
    agree(help_with(admin, boss).request, other)


# --- twice, late, after a veto, after they came back -------------------------------------------------


@pytest.mark.parametrize("when", ["before the yes", "before the pass", "after the pass"])
def test_a_colleague_who_helps_at_once_ends_it_and_support_is_told(lost, boss, staff, when):
    """It must not end in silence: both sides have the same history."""
    request = ask_as_support(lost, staff)
    if when != "before the yes":
        agree(request, boss)
    words = fetch(request, boss) if when == "after the pass" else ()
    help_with(lost, second_helper(boss))
    run_once(timezone.now())
    ended = people.events(HELP_GAVE_WAY)
    assert {one.customer_id for one in ended} == {lost.customer_id, staff.customer_id}
    assert {one.details["request"] for one in ended} == {str(request.id)}
    (told,) = Delivery.objects.filter(event_id__in=[one.id for one in ended])
    assert (told.template, told.address) == ("support_answered", staff.email)
    said = " ".join(str(write(told, now=timezone.now()).body).split())
    assert "helps them in another way" in said
    assert state_of(request) == State.ENDED
    with pytest.raises(RequestOver):
        agree(request, boss)
    if words:
        with pytest.raises(PassWrong):
            come_in(lost, words)


def test_nobody_agrees_twice_or_after_a_refusal(lost, boss, staff):
    other = second_helper(boss)
    request = ask_as_support(lost, staff)
    agree(request, boss)
    with pytest.raises(RequestOver):
        agree(request, other)
    object_by_mail(lost)
    for deed in (agree, fetch):
        with pytest.raises(RequestOver):
            deed(request, boss)
    assert state_of(request) == State.REFUSED


@pytest.mark.parametrize("worker", [True, False])
def test_after_72_hours_nobody_agrees_any_more(lost, boss, staff, clock, worker):
    request = ask_as_support(lost, staff)
    clock.shift(WAITS - MOMENT)
    assert due_requests.end_due(now=timezone.now()) == 0
    clock.shift(MOMENT)
    if worker:
        assert due_requests.end_due(now=timezone.now()) == 1
        assert len(people.events(HELP_ENDED)) == 2  # on both sides
    with pytest.raises(RequestOver):
        agree(request, boss)
    ask_as_support(lost, staff)  # it can be asked for again


def test_a_yes_that_led_to_no_pass_lapses_after_a_day(lost, boss, staff, clock):
    request = ask_as_support(lost, staff)
    agree(request, boss)
    clock.shift(DAY)
    with pytest.raises(RequestOver):
        fetch(request, boss)
    assert due_requests.end_due(now=timezone.now()) == 1


@pytest.mark.parametrize("when", ["before the yes", "before the pass", "after the pass"])
def test_who_signs_in_with_a_factor_ends_it(lost, boss, staff, clock, when):
    request = ask_as_support(lost, staff)
    if when != "before the yes":
        agree(request, boss)
    words = fetch(request, boss) if when == "after the pass" else ()
    if words:
        Factor.objects.filter(administrator=lost).update(suspended_at=None)
    clock.shift(timedelta(seconds=31))
    verify_code(passkeys.begin(people.again(lost)), codes.next_code(lost), lost)
    if words:
        with pytest.raises(PassWrong):
            come_in(lost, words)
    else:
        with pytest.raises(RequestOver):
            (agree if when == "before the yes" else fetch)(request, boss)


def test_who_was_suspended_meanwhile_is_not_helped(lost, boss, staff, clock):
    request = ask_as_support(lost, staff)
    clock.shift(MOMENT)
    change(lost, boss, status=Status.SUSPENDED, confirmed=True)
    with pytest.raises(WrongStatus):
        ask_as_support(lost, staff)
    with pytest.raises(RequestOver):
        agree(request, boss)
    change(people.again(lost), boss, status=Status.ACTIVE)
    with pytest.raises(RequestOver):
        agree(request, boss)


def shut_and_open(customer: Customer) -> None:
    for status in (CustomerStatus.SUSPENDED, CustomerStatus.ACTIVE):
        wanted = customers.CustomerChange(
            name=customer.name, brand_id=customer.brand_id, status=status, confirmed=True
        )
        customers.change(customer.id, wanted, actor=CONSOLE, now=timezone.now())


def test_a_company_that_was_shut_meanwhile_could_not_object(lost, boss, staff, clock):
    """Its people could not sign in to refuse: neither this way's request holds, nor a colleague's."""
    admin = second_helper(boss, "Ada")
    requests = [ask_as_support(lost, staff), help_with(admin, boss).request]
    clock.shift(MOMENT)
    shut_and_open(lost.customer)
    for request in requests:
        with pytest.raises(RequestOver):
            agree(request, second_helper(boss, f"Otto{request.way}"))


def test_nobody_is_helped_at_a_company_that_is_suspended(lost, staff):
    Customer.objects.filter(id=lost.customer_id).update(status=CustomerStatus.SUSPENDED)
    with pytest.raises(CustomerNotActive):
        ask_as_support(lost, staff)


# --- two at once ------------------------------------------------------------------------------------


def test_of_a_colleagues_request_and_the_supports_one_is_open(boss, staff):
    admin, other = second_helper(boss, "Ada"), second_helper(boss)
    help_with(admin, boss)
    with pytest.raises(AlreadyAsked):
        ask_as_support(admin, staff)
    refuse(RecoveryRequest.objects.get(), boss)
    request = ask_as_support(admin, staff)
    with pytest.raises(AlreadyAsked):
        help_with(admin, boss)
    with pytest.raises(AlreadyAsked):
        ask_as_support(admin, make_staff("liam@provider.example"))
    agree(request, other)


def test_a_colleague_who_helps_at_once_ends_what_support_asked(lost, boss, staff):
    request = ask_as_support(lost, staff)
    assert help_with(lost, boss).words
    with pytest.raises(RequestOver):
        agree(request, boss)
    assert state_of(request) == State.ENDED


@pytest.mark.django_db(transaction=True)
def test_thirty_ask_and_decide_at_once_and_one_decision_holds(owner, colleague):
    for one in (owner, colleague):
        codes.enable_app(one)
        long_ago(one)
    staff = [make_staff(f"staff{n}@provider.example") for n in range(5)]
    found = at_once([partial(ask_as_support, colleague, one) for one in staff for _ in range(3)])
    [request] = [one for one in found if isinstance(one, RecoveryRequest)]
    others = [second_helper(owner, f"Otto{n}") for n in range(3)]
    calls = [partial(agree, request, one) for one in (owner, *others) for _ in range(3)]
    calls += [partial(take_back, request, one) for one in staff]
    decided = at_once(calls)
    agreed, taken = decided[:12], decided[12:]
    assert len([one for one in taken if not isinstance(one, Exception)]) == 1
    assert len([one for one in agreed if not isinstance(one, Exception)]) <= 1
    assert state_of(request) == State.REFUSED


# --- the policy -------------------------------------------------------------------------------------


def test_never_is_never_also_meanwhile_and_for_a_week(lost, boss, staff, clock):
    request = ask_as_support(lost, staff)
    policies.ask(lost.customer_id, support_access=SupportAccess.NEVER)
    with pytest.raises(SupportNotAllowed):
        agree(request, boss)
    take_back(request, staff)
    clock.shift(MOMENT)
    # A stolen account makes the policy milder, and then calls support.
    policies.ask(lost.customer_id, support_access=SupportAccess.ASK)
    clock.shift(timedelta(days=7) - MOMENT)
    with pytest.raises(SupportNotAllowed):
        ask_as_support(lost, staff)
    clock.shift(MOMENT)
    ask_as_support(lost, staff)


def test_always_takes_a_yes_all_the_same(lost, boss, staff):
    policies.ask(lost.customer_id, support_access=SupportAccess.ALWAYS)
    request = ask_as_support(lost, staff)
    assert (request.state, request.second, request.due_at) == (State.OPEN, True, None)


def test_where_support_alone_helps_a_colleague_agrees_to_it_and_does_not_help(lost, boss, staff):
    policies.ask(lost.customer_id, recovery_by=RecoveryBy.PROVIDER)
    with pytest.raises(HelpByProviderOnly):
        help_with(lost, boss)
    request = ask_as_support(lost, staff)
    agree(request, boss)
    come_in(lost, fetch(request, boss))


def test_where_nothing_is_there_nothing_was_lost(boss, colleague, staff):
    with pytest.raises(NothingLost):
        ask_as_support(colleague, staff)


# --- nobody is left who could agree -----------------------------------------------------------------


def test_after_72_hours_before_all_eyes_the_pass_is_mailed(alone, staff, clock):
    tired = second_helper(alone, "Tom")
    Administrator.objects.of(alone.customer_id).filter(id=tired.id).update(require_2fa=True)
    people.disable_apps(tired)
    rows = Administrator.objects.of(alone.customer_id).filter(id=alone.id)
    rows.update(second_email="ines@elsewhere.example")
    request = ask_as_support(alone, staff)
    run_once(timezone.now())
    told = Delivery.objects.filter(template__startswith="support_asked")
    assert set(told.values_list("template", "address")) == {
        ("support_asked", alone.email),
        ("support_asked", "ines@elsewhere.example"),
        ("support_asked_colleague", tired.email),
    }
    for delivery in told.filter(template="support_asked"):
        assert "/veto/" in str(write(delivery, now=timezone.now()).body)
    clock.shift(WAITS - MOMENT)
    assert due_requests.end_due(now=timezone.now()) == 0
    clock.shift(MOMENT)
    assert due_requests.end_due(now=timezone.now()) == 1
    assert Factor.objects.get(administrator=alone).suspended_at is None
    made = SetUpPass.objects.get()
    set_up_again(alone, come_in(alone, words_of(made)))
    assert {event.customer_id for event in people.events(PASS_MAILED)} == {
        alone.customer_id,
        staff.customer_id,
    }
    assert state_of(request) == State.ISSUED


def test_nobody_fetches_that_pass_before_or_after(alone, staff, clock):
    request = ask_as_support(alone, staff)
    for _time in range(2):
        for who in (alone, staff):
            with pytest.raises((RequestOver, NotFound, NotAuthorised)):
                fetch(request, who)
        clock.shift(WAITS)


@pytest.mark.parametrize("how", ["by mail", "colleague", "support"])
def test_an_objection_ends_the_wait_and_it_is_not_asked_for_again(alone, staff, clock, how):
    tired = second_helper(alone, "Tom")
    Administrator.objects.of(alone.customer_id).filter(id=tired.id).update(require_2fa=True)
    people.disable_apps(tired)
    request = ask_as_support(alone, staff)
    if how == "by mail":
        object_by_mail(alone)
    elif how == "colleague":
        refuse(request, tired)
    else:
        take_back(request, staff)
    clock.shift(WAITS)
    assert due_requests.end_due(now=timezone.now()) == 0
    assert state_of(request) == State.REFUSED
    if how == "support":
        ask_as_support(alone, staff)
    else:
        with pytest.raises(SupportNotByTime):
            ask_as_support(alone, staff)


def test_who_signs_in_with_a_factor_ends_the_wait(alone, staff, clock):
    request = ask_as_support(alone, staff)
    clock.shift(timedelta(seconds=31))
    verify_code(passkeys.begin(people.again(alone)), codes.next_code(alone), alone)
    assert due_requests.end_due(now=timezone.now()) == 1
    assert state_of(request) == State.ENDED
    assert not SetUpPass.objects.exists()


@pytest.mark.parametrize(
    "what", ["somebody is there", "policy", "shut", "suspended", "moved", "password", "worker late"]
)
def test_what_came_meanwhile_lets_no_time_approve(alone, staff, clock, what):
    request = ask_as_support(alone, staff)
    clock.shift(MOMENT)
    rows = Administrator.objects.of(alone.customer_id).filter(id=alone.id)
    if what == "somebody is there":
        second_helper(alone)
    elif what == "policy":
        policies.ask(alone.customer_id, support_access=SupportAccess.NEVER)
    elif what == "shut":
        shut_and_open(alone.customer)
    elif what == "suspended":
        happened(ADMINISTRATOR_SUSPENDED, alone, by=alone, days=0)
    elif what == "moved":
        happened(EMAIL_CHANGED, alone, by=alone, days=0)
    elif what == "password":
        rows.update(password_by_link_at=timezone.now())
    else:
        clock.shift(DAY)
    due(request, clock)
    assert state_of(request) == State.ENDED
    assert not SetUpPass.objects.exists()


@pytest.mark.parametrize(
    ("what", "refusal"),
    [
        ("moved", SupportNotByTime),
        ("suspended a colleague", SupportNotByTime),
        ("took the tab", SupportNotByTime),
        ("password", PasswordNotTheirs),
    ],
)
def test_what_was_done_shortly_before_lets_no_time_approve(alone, staff, clock, what, refusal):
    other = second_helper(alone, "Tom")
    if what == "suspended a colleague":
        change(other, alone, status=Status.SUSPENDED, confirmed=True)
    elif what == "took the tab":
        change(other, alone, tabs=frozenset({"home"}))
    else:
        rows = Administrator.objects.of(alone.customer_id)
        rows.filter(id=other.id).update(status=Status.REMOVED)
        if what == "moved":
            happened(EMAIL_CHANGED, alone, by=other, days=0)
        else:
            rows.filter(id=alone.id).update(password_by_link_at=timezone.now())
    clock.shift(timedelta(days=7) - MOMENT)
    with pytest.raises(refusal):
        ask_as_support(alone, staff)


def test_whom_the_provider_let_in_keeps_nobody_from_waiting(alone, staff):
    """Who may not agree counts for nothing here: they are told, and can refuse."""
    made = second_helper(alone, "Mallory")
    happened(ADMINISTRATOR_ADDED, made, by=staff, days=3)
    request = ask_as_support(alone, staff)
    assert request.due_at is not None
    refuse(request, made)


def test_who_turns_up_and_could_have_agreed_may_agree_to_the_wait(alone, staff):
    request = ask_as_support(alone, staff)
    other = second_helper(alone)
    agree(request, other)
    come_in(alone, fetch(request, other))


# --- over the pages ---------------------------------------------------------------------------------


def test_over_the_pages_from_the_call_to_the_pass(lost, boss, staff):
    support_s, company_s = browsers.browser_of(staff), browsers.browser_of(boss)
    here = f"/customers/{lost.customer_id}/"
    assert f"{here}help/" in support_s.get(here).content.decode()
    wrong = support_s.post(f"{here}help/", {"email": staff.email})
    assert wrong.status_code == 422
    person = support_s.post(f"{here}help/", {"email": lost.email.upper()})["Location"]
    assert "within 72 hours" in support_s.get(person).content.decode()
    assert support_s.post(person, {"how": " "}).status_code == 422
    asked = support_s.post(person, {"how": "Called back <b>."})["Location"]
    assert "Called back &lt;b&gt;." in support_s.get(asked).content.decode()
    assert asked in support_s.get(f"{here}help/").content.decode()
    request = RecoveryRequest.objects.get()
    path = f"/requests/{request.id}/"
    page = company_s.get(path).content.decode()
    assert "Nora Whitfield, for the support" in page
    assert "Make sure yourself" in page
    assert company_s.post(f"{path}agree/").status_code == 303
    shown = company_s.post(f"{path}pass/", follow=True).content.decode()
    assert 'id="set-up-pass"' in shown
    words = shown.split('id="set-up-pass">')[1].split("<")[0]
    assert words not in support_s.get(asked).content.decode()
    assert support_s.post(asked).status_code == 303
    assert state_of(request) == State.REFUSED


def test_the_supports_pages_are_for_staff_and_for_that_company_alone(lost, boss, staff, outsider):
    request = ask_as_support(lost, staff)
    paths = [f"help/{lost.id}/", f"requests/{request.id}/"]
    here, elsewhere = (f"/customers/{one.customer_id}/" for one in (lost, outsider))
    support_s, company_s = browsers.browser_of(staff), browsers.browser_of(boss)
    for path in paths:
        for address, status in ((f"{here}{path}", 200), (f"{elsewhere}{path}", 404)):
            assert support_s.get(address).status_code == status
            assert company_s.get(address).status_code == 403
    of_colleague = help_with(second_helper(boss, "Ada"), boss).request
    assert support_s.get(f"{here}requests/{of_colleague.id}/").status_code == 404


@pytest.mark.parametrize("access", [SupportAccess.ASK, SupportAccess.NEVER])
def test_who_cannot_go_on_reads_of_this_way_where_it_is_open(lost, boss, access):
    policies.ask(lost.customer_id, support_access=access)
    phone = Client(HTTP_USER_AGENT=people.CHROME)
    phone.post("/sign-in/", {"email": lost.email, "password": people.PASSWORD})
    page = phone.get("/sign-in/help/").content.decode()
    assert ("72 hours in which nobody objects" in page) is (access is SupportAccess.ASK)


def test_the_page_of_an_objection_to_what_is_mailed_speaks_of_no_suspended_device(
    alone, staff, clock
):
    due(ask_as_support(alone, staff), clock)
    browser = Client()
    browser.get(people.path_of("veto", administrator=alone))
    page = browser.get("/veto/").content.decode()
    assert "nothing has changed" in page
    assert staff.full_name in page
