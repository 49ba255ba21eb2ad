"""Others at one's address, or in another browser, keep one waiting; or who is right is refused among many at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from doorward.credentials.events import FACTOR_LOCKED
from doorward.credentials.models import Factor
from doorward.kernel.models import Attempt
from doorward.kernel.ratelimit import limits, rules, throttle
from doorward.web.http import cookies
from tests.kit import browsers, passkeys
from tests.kit import codes as kit_codes
from tests.kit import people as kit_people
from tests.kit.passkeys import ORIGIN
from tests.kit.racing import at_once

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator

OFFICE = "192.0.2.7"
HOST = ORIGIN.removeprefix("http://")
WRONG = "not the password at all"


def sign_in(browser: Client, person: Administrator, password: str = kit_people.PASSWORD) -> Any:
    return browser.post("/sign-in/", {"email": person.email, "password": password, "next": ""})


def known_browser(person: Administrator) -> Client:
    """Return a browser at the office in which this person has signed in, and out again."""
    browser = browsers.sign_in(Client(REMOTE_ADDR=OFFICE, HTTP_HOST=HOST), person)
    assert browser.get("/security/").status_code == 200
    browser.post("/sign-out/")
    return browser


def wrong_at_the_office() -> None:
    for _ in range(rules.ADDRESS_LIMIT):
        throttle.count_failure(OFFICE, now=timezone.now())
    nobody = {"email": "nobody@harbourbakery.example", "password": "x"}
    assert Client(REMOTE_ADDR=OFFICE).post("/sign-in/", nobody).status_code == 429


# --- others at the same address -------------------------------------------------------------------


@pytest.mark.django_db
def test_forgotten_passwords_keep_nobody_from_signing_in(owner, clock):
    known = known_browser(owner)
    for number in range(rules.ASKING.limit):
        email = {"email": f"{number}@harbourbakery.example"}
        answer = Client(REMOTE_ADDR=OFFICE).post("/password/forgot/", email)
        assert answer.status_code == 303
    answer = Client(REMOTE_ADDR=OFFICE).post("/password/forgot/", {"email": owner.email})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) == rules.ASKING.seconds
    assert sign_in(Client(REMOTE_ADDR=OFFICE), owner).status_code == 303
    assert sign_in(known, owner).status_code == 303
    assert Client().post("/password/forgot/", {"email": owner.email}).status_code == 303


@pytest.mark.django_db
def test_nor_do_wrong_sign_ins_keep_a_known_browser_from_any_step(owner, clock):
    kit_codes.enable_app(owner)
    code, recovery = known_browser(owner), known_browser(owner)
    codes = kit_codes.saved_codes(owner)
    wrong_at_the_office()
    assert sign_in(code, owner).status_code == 303
    assert code.post("/sign-in/code/", {"code": kit_codes.next_code(owner)}).status_code == 303
    assert code.get("/security/").status_code == 200
    assert sign_in(recovery, owner).status_code == 303
    assert recovery.post("/sign-in/recovery/", {"code": codes[0]}).status_code == 303
    # An unknown one waits, and its failures are what was counted.
    assert sign_in(Client(REMOTE_ADDR=OFFICE), owner).status_code == 429


@pytest.mark.django_db
def test_nor_one_that_brings_a_passkey(owner, clock):
    key = passkeys.add(owner)
    known, unknown = (
        Client(REMOTE_ADDR=OFFICE, HTTP_HOST=HOST),
        Client(REMOTE_ADDR=OFFICE, HTTP_HOST=HOST),
    )
    for browser in (known, unknown):
        browser.get("/sign-in/")

    def by_passkey(browser: Client) -> int:
        asked = browser.post("/sign-in/passkey/").json()
        form = {"credential": key.get(asked, ORIGIN), "next": ""}
        status: int = browser.post("/sign-in/", form).status_code
        return status

    assert by_passkey(known) == 303
    assert known.get("/security/").status_code == 200
    known.post("/sign-out/")
    wrong_at_the_office()
    assert by_passkey(known) == 303
    assert by_passkey(unknown) == 429


@pytest.mark.django_db
def test_what_goes_wrong_in_open_sessions_is_no_failed_sign_in(owner, colleague, clock):
    here = limits.address_key(OFFICE)
    browser = browsers.sign_in(Client(REMOTE_ADDR=OFFICE), owner)
    assert browser.get("/security/").status_code == 200
    for path, form in (
        ("/prove/", {"password": WRONG, "next": "/"}),
        ("/profile/password/", {"current": WRONG, "password": kit_people.OTHER_PASSWORD}),
    ):
        assert browser.post(path, form).status_code == 422
    browser.get("/security/2fa/enable/")
    assert browser.post("/security/2fa/enable/", {"code": "000000", "name": ""}).status_code == 422
    assert Attempt.objects.filter(key=here.hash, failures__gt=0).count() == 0
    assert sign_in(Client(REMOTE_ADDR=OFFICE), colleague, WRONG).status_code == 422
    assert Attempt.objects.get(key=here.hash).failures == 1


# --- other browsers of the same person ------------------------------------------------------------


@pytest.mark.django_db
def test_guesses_through_a_known_browser_are_counted_all_the_same(owner, clock):
    thief = known_browser(owner)
    tried = [sign_in(thief, owner, WRONG).status_code for _ in range(rules.FREE + 1)]
    assert tried == [422] * rules.FREE + [429]
    assert sign_in(thief, owner).status_code == 429
    assert Attempt.objects.get(rule=limits.Rule.ADDRESS).failures == rules.FREE


@pytest.mark.django_db
def test_and_keep_no_other_known_browser_waiting(owner, clock):
    mine, thief = known_browser(owner), known_browser(owner)
    for _ in range(rules.FREE + 1):
        sign_in(thief, owner, WRONG)
    assert sign_in(thief, owner).status_code == 429
    assert sign_in(mine, owner).status_code == 303


@pytest.mark.django_db
def test_a_mark_that_was_never_earned_makes_no_browser_known(owner, colleague, clock):
    """Made up, or earned by somebody else: a made-up one would be five guesses more each time."""
    theirs = known_browser(colleague)
    for _ in range(rules.FREE):
        sign_in(Client(), owner, WRONG)
    for mark in ("made-up", "another", theirs.cookies[cookies.BROWSER].value):
        browser = Client()
        browser.cookies[cookies.BROWSER] = mark
        assert sign_in(browser, owner).status_code == 429


@pytest.mark.django_db
@pytest.mark.parametrize("with_app", [False, True])
@pytest.mark.parametrize("path", ["/prove/", "/profile/password/", "/security/2fa/disable/"])
def test_a_stolen_session_that_guesses_keeps_the_owner_s_browsers_out_of_nothing(
    owner, clock, path, with_app
):
    if with_app:
        kit_codes.enable_app(owner)
    if with_app == (path == "/profile/password/") or (not with_app and "disable" in path):
        pytest.skip("is asked for something else")
    mine = known_browser(owner)
    stolen = browsers.sign_in(Client(), owner)
    assert stolen.get("/security/").status_code == 200
    wrong = {
        "current": WRONG,
        "password": kit_people.OTHER_PASSWORD if "profile" in path else WRONG,
    }
    tried = [
        stolen.post(path, wrong | {"code": "000000", "next": "/"}).status_code
        for _ in range(rules.FREE + 3)
    ]
    assert tried == [422] * rules.FREE + [429] * 3
    # The session itself waits, and nobody else does, at no step.
    assert sign_in(mine, owner).status_code == 303
    if with_app:
        assert mine.post("/sign-in/code/", {"code": kit_codes.next_code(owner)}).status_code == 303
        assert Factor.objects.get().failures_in_a_row == 0
    assert mine.get("/security/").status_code == 200
    right = {"password": kit_people.PASSWORD, "next": "/"}
    if with_app:
        right = {"code": kit_codes.next_code(owner), "next": "/"}
    assert mine.post("/prove/", right).status_code == 303


@pytest.mark.django_db
def test_guesses_in_open_sessions_disable_a_factor_after_fifty_all_the_same(owner, clock):
    kit_codes.enable_app(owner)
    for _ in range(rules.DISABLE_AT // rules.FREE):
        session = browsers.browser_of_with_factor(owner)
        assert session.get("/security/").status_code == 200
        for _ in range(rules.FREE):
            assert session.post("/prove/", {"code": "000000", "next": "/"}).status_code == 422
    assert Factor.objects.get().locked_at is not None
    assert len(kit_people.events(FACTOR_LOCKED)) == 1


# --- at the same moment ---------------------------------------------------------------------------

AT_ONCE = 40


@pytest.mark.django_db(transaction=True)
def test_forty_of_one_person_who_are_right_at_once_are_all_let_in():
    person = kit_people.make_administrator(kit_people.make_customer())
    answers = at_once([partial(sign_in, Client(REMOTE_ADDR=OFFICE), person)] * AT_ONCE)
    assert [getattr(one, "status_code", one) for one in answers] == [303] * AT_ONCE


@pytest.mark.django_db(transaction=True)
def test_forty_people_at_one_address_who_are_right_at_once_are_all_let_in():
    customer = kit_people.make_customer()
    people = [
        kit_people.make_administrator(customer, email=f"p{number}@harbourbakery.example")
        for number in range(AT_ONCE)
    ]
    for _ in range(rules.ADDRESS_LIMIT - 10):
        throttle.count_failure(OFFICE, now=timezone.now())
    answers = at_once([partial(sign_in, Client(REMOTE_ADDR=OFFICE), one) for one in people])
    assert [getattr(one, "status_code", one) for one in answers] == [303] * AT_ONCE


@pytest.mark.django_db(transaction=True)
def test_forty_who_are_wrong_at_once_are_five_guesses():
    person = kit_people.make_administrator(kit_people.make_customer())
    answers = at_once([partial(sign_in, Client(REMOTE_ADDR=OFFICE), person, WRONG)] * AT_ONCE)
    found = sorted(getattr(one, "status_code", 0) for one in answers)
    assert 0 not in found, answers
    assert found == [422] * rules.FREE + [429] * (AT_ONCE - rules.FREE)
    counted = {row.rule: row for row in Attempt.objects.all()}
    assert counted[limits.Rule.STRANGER].failures == rules.FREE
    assert counted[limits.Rule.ADDRESS].failures == rules.FREE
    assert {one.in_flight for one in counted.values()} == {0}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", ["/sign-in/code/", "/prove/"])
def test_a_right_code_that_is_sent_twice_at_once_makes_nobody_wait(page):
    """The form sends itself, and Enter sends it too: the last free try is not taken by the twin."""
    person = kit_people.make_administrator(kit_people.make_customer(), tabs=kit_people.ALL_TABS)
    kit_codes.enable_app(person)
    browser = browsers.browser_signed_in_by_service(person)
    if page == "/prove/":
        browser = browsers.browser_of_with_factor(person)
        assert browser.get("/security/").status_code == 200
    for _ in range(rules.FREE - 1):
        assert browser.post(page, {"code": "000000", "next": "/"}).status_code == 422
    twins = [Client(), Client()]
    for twin in twins:
        twin.cookies[settings.SESSION_COOKIE_NAME] = browser.cookies[
            settings.SESSION_COOKIE_NAME
        ].value
    form = {"code": kit_codes.next_code(person), "next": "/"}
    found = at_once([partial(twin.post, page, form) for twin in twins])
    statuses = sorted(getattr(one, "status_code", 0) for one in found)
    assert statuses[0] == 303
    assert 429 not in statuses, found
    assert Factor.objects.get().unknown_wait_until == 0
