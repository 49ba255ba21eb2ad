"""The caller check: two on the phone make sure of each other, and whoever else calls learns nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import Administrator, Status
from doorward.kernel.errors import NotFound
from doorward.permissions.errors import NotAuthorised
from doorward.recovery import caller_check
from doorward.recovery.caller_check import Side
from doorward.recovery.errors import (
    CallerCheckOver,
    CallerCodeWrong,
    NobodyToCheck,
    TooManyChecks,
)
from doorward.recovery.events import CALLER_CHECK_BEGUN, CALLER_CHECK_FAILED, CALLER_CHECKED
from doorward.recovery.models import CallerCheck
from tests.kit import browsers, people
from tests.kit.racing import at_once

pytestmark = pytest.mark.django_db
PAGE = "/support/caller-check/"


@pytest.fixture
def nora(customer):
    tabs = people.ALL_TABS | {"customers"}
    return people.make_administrator(
        people.provider(), email="nora@p.example", name="Nora Whitfield", tabs=tabs
    )


def begin(nora, person, now=None):
    return caller_check.begin(
        person.customer_id, person.email, actor=people.actor(nora), now=now or timezone.now()
    )


def type_staff(check, code, nora, now=None):
    caller_check.answer_as_staff(check, code, actor=people.actor(nora), now=now or timezone.now())


def type_person(code, person, now=None):
    caller_check.answer_as_person(
        person.id, code, actor=people.actor(person), now=now or timezone.now()
    )


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06}"


def seen_by(person):
    found = caller_check.of_person(person.id, now=timezone.now())
    assert found is not None
    return found


def test_both_type_what_the_other_reads(nora, owner):
    check = begin(nora, owner)
    seen = seen_by(owner)
    assert (seen.other, seen.code) == ("Nora Whitfield", "")  # support reads first
    type_person(caller_check.code_of(check, Side.STAFF), owner)
    seen = seen_by(owner)
    assert seen.code == caller_check.code_of(check, Side.PERSON)
    assert not seen.passed
    type_staff(check, f"{seen.code[:3]} {seen.code[3:]}", nora)
    assert seen_by(owner).passed
    # In the history of both sides.
    for event_type in (CALLER_CHECK_BEGUN, CALLER_CHECKED):
        found = {event.customer_id for event in people.events(event_type)}
        assert found == {owner.customer_id, nora.customer_id}


def test_the_two_codes_differ_and_neither_is_stored(nora, owner):
    check = begin(nora, owner)
    codes = {caller_check.code_of(check, side) for side in Side}
    assert len(codes) == 2
    row = str(CallerCheck.objects.filter(id=check).values().get())
    assert not [code for code in codes if code in row]


@pytest.mark.parametrize("side", Side)
def test_three_wrong_ones_end_it_for_both(nora, owner, side):
    check = begin(nora, owner)
    right = caller_check.code_of(check, Side.PERSON if side is Side.STAFF else Side.STAFF)

    def answer(code):
        if side is Side.STAFF:
            type_staff(check, code, nora)
        else:
            type_person(code, owner)

    for _time in range(caller_check.TRIES):
        with pytest.raises(CallerCodeWrong):
            answer(wrong(right))
    with pytest.raises(CallerCheckOver):
        answer(right)
    assert caller_check.of_person(owner.id, now=timezone.now()) is None
    assert len(people.events(CALLER_CHECK_FAILED)) == 2 * caller_check.TRIES


def test_one_s_own_code_is_not_the_other_s(nora, owner):
    check = begin(nora, owner)
    with pytest.raises(CallerCodeWrong):
        type_staff(check, caller_check.code_of(check, Side.STAFF), nora)


def test_it_takes_two_minutes(nora, owner):
    now = timezone.now()
    check = begin(nora, owner, now)
    code = caller_check.code_of(check, Side.STAFF)
    with pytest.raises(CallerCheckOver):
        type_person(code, owner, now + caller_check.LASTS)
    type_person(code, owner, now + caller_check.LASTS - timedelta(seconds=1))


def test_a_new_one_ends_the_one_before(nora, owner):
    now = timezone.now()
    first = begin(nora, owner, now - caller_check.TWICE)
    assert begin(nora, owner, now) != first
    with pytest.raises(CallerCheckOver):
        type_staff(first, caller_check.code_of(first, Side.PERSON), nora)


def test_pressed_twice_it_is_one_check(nora, owner):
    staff, now = browsers.browser_of(nora), timezone.now()
    path = f"/customers/{owner.customer_id}/caller-check/"
    first, second = (staff.post(path, {"email": owner.email})["Location"] for _press in range(2))
    assert first == second
    assert CallerCheck.objects.count() == 1
    assert len(people.events(CALLER_CHECK_BEGUN, customer_id=owner.customer_id)) == 1
    # Another one of the staff, and whoever saw a code typed, begins anew.
    other = people.make_administrator(
        people.provider(), email="liam@p.example", tabs={"home", "customers"}
    )
    theirs = begin(other, owner, now)
    with pytest.raises(CallerCodeWrong):
        type_person(wrong(caller_check.code_of(theirs, Side.STAFF)), owner)
    assert begin(other, owner, now) != theirs
    assert CallerCheck.objects.filter(ended_at__isnull=True).count() == 1


def test_somebody_elses_check_is_none(nora, owner, colleague):
    check = begin(nora, owner)
    other = people.make_administrator(
        people.provider(), email="liam@p.example", tabs={"home", "customers"}
    )
    with pytest.raises(CallerCheckOver):
        type_staff(check, caller_check.code_of(check, Side.PERSON), other)
    with pytest.raises(CallerCheckOver):
        type_person(caller_check.code_of(check, Side.STAFF), colleague)
    now = timezone.now()
    for staff, customer in ((other, owner.customer_id), (nora, nora.customer_id)):
        assert not caller_check.of_staff(check, customer_id=customer, staff_id=staff.id, now=now)


def test_only_staff_with_the_customers_tab_begin_one(owner, colleague, outsider):
    for who in (owner, outsider):
        with pytest.raises(NotAuthorised):
            begin(who, colleague)


@pytest.mark.parametrize(
    "lost",
    [
        {"scope": "customers", "scope_ids": ""},
        {"tabs": " home "},
        {"status": Status.SUSPENDED},
    ],
    ids=["scope", "tab", "status"],
)
def test_it_is_over_once_who_began_it_could_begin_it_no_more(nora, owner, lost):
    check = begin(nora, owner)
    heard = caller_check.code_of(check, Side.STAFF)
    Administrator.objects.everywhere().filter(id=nora.id).update(**lost)
    assert caller_check.of_person(owner.id, now=timezone.now()) is None
    with pytest.raises(CallerCheckOver):
        type_person(heard, owner)
    with pytest.raises((NotAuthorised, NotFound)):
        type_staff(check, caller_check.code_of(check, Side.PERSON), nora)
    assert not CallerCheck.objects.exclude(person_right_at=None, staff_right_at=None).exists()


def test_only_somebody_active_at_that_customer_is_checked(nora, owner, outsider):
    actor, now = people.actor(nora), timezone.now()
    with pytest.raises(NobodyToCheck):
        caller_check.begin(owner.customer_id, outsider.email, actor=actor, now=now)
    rows = Administrator.objects.of(owner.customer_id).filter(id=owner.id)
    rows.update(status=Status.SUSPENDED)
    with pytest.raises(NobodyToCheck):
        begin(nora, owner)
    with pytest.raises(NobodyToCheck):
        begin(nora, nora)


def test_nobody_begins_them_without_end(nora, owner):
    now = timezone.now()
    for time in range(caller_check.IN_AN_HOUR):
        begin(nora, owner, now + time * caller_check.TWICE)
    with pytest.raises(TooManyChecks):
        begin(nora, owner, now + caller_check.IN_AN_HOUR * caller_check.TWICE)
    assert caller_check.forget(now=timezone.now() + timedelta(days=2)) == caller_check.IN_AN_HOUR


@pytest.mark.django_db(transaction=True)
def test_guessing_at_once_gets_no_further_try(nora, owner):
    check = begin(nora, owner)
    bad = wrong(caller_check.code_of(check, Side.STAFF))
    outcomes = at_once([lambda: type_person(bad, owner)] * 5)
    assert sum(isinstance(one, CallerCodeWrong) for one in outcomes) == caller_check.TRIES


def test_over_the_pages(nora, owner, colleague):
    staff, person = browsers.browser_of(nora), browsers.browser_of(owner)
    for browser in (staff, person):
        browser.get("/")
    assert "Nobody is checking with you" in person.get(PAGE).content.decode()
    path = f"/customers/{owner.customer_id}/caller-check/"
    assert staff.post(path, {"email": "nobody@x.example"}).status_code == 422
    here = staff.post(path, {"email": owner.email})["Location"]

    def shown(browser, at):
        return re.search(r'id="caller-code">(\d{3} \d{3})<', browser.get(at).content.decode())

    assert shown(person, PAGE) is None
    heard = shown(staff, here)
    assert heard
    assert person.post(PAGE, {"code": "000 000"}).status_code == 422
    assert person.post(PAGE, {"code": heard.group(1)}).status_code == 303
    told = shown(person, PAGE)
    assert told
    assert staff.post(here, {"code": told.group(1)}).status_code == 303
    assert "you are talking to Ines Moreau" in staff.get(here).content.decode()
    assert "you are talking to Nora Whitfield" in person.get(PAGE).content.decode()
    assert "Nobody is checking" in browsers.browser_of(colleague).get(PAGE).content.decode()
    assert Client().get(PAGE)["Location"].startswith("/sign-in/")
    assert browsers.browser_of(owner).get(path).status_code == 403
