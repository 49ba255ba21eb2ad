"""A session's cookie copied to another machine: where the session is bound to a device, it opens nothing there.

The fake browser of `tests/kit/devices.py` does what Chromium does.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from doorward.audit.models import Event
from doorward.sessions import binding, issuing
from doorward.sessions.events import NOT_FROM_ITS_DEVICE, SESSION_BOUND, SIGNED_OUT
from doorward.sessions.models import Session
from doorward.sessions.rules import IN_FLIGHT
from doorward.web.http import cookies
from tests.kit import people
from tests.kit.applications import Relying, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of
from tests.kit.codes import enable_app, next_code
from tests.kit.devices import (
    BIND,
    PAGE,
    RENEW,
    Device,
    asked,
    bind,
    challenged,
    name,
    offered,
    renew,
)

pytestmark = pytest.mark.django_db

PATH = "/security/"
LATER = IN_FLIGHT + timedelta(seconds=1)


@pytest.fixture
def device():
    return Device()


@pytest.fixture
def bound(owner, device, clock):
    """Return a browser whose session is bound, some time ago, and what it calls the session."""
    browser = browser_of(owner)
    session = name(bind(browser, device))
    assert browser.get(PATH).status_code == 200
    clock.shift(LATER)
    return browser, session


def copied(browser: Client, *names: str) -> Client:
    """Return another browser with these cookies."""
    thief = Client()
    for one in names or (cookies.SESSION,):
        thief.cookies[one] = browser.cookies[one].value
    return thief


def is_out(answer):
    return answer.status_code == 303 and answer["Location"].startswith("/sign-in/")


def test_the_copied_cookie_opens_nothing_and_history_says_so_once(bound, owner):
    browser, _session = bound
    thief = copied(browser)
    for _ in range(3):
        assert is_out(thief.get(PATH))
        assert is_out(thief.post("/profile/", {"first_name": "Eve"}))
    assert "is bound to the device it was begun on" in thief.get("/sign-in/").content.decode()
    events = people.events(NOT_FROM_ITS_DEVICE)
    assert [(one.actor_id, one.outcome) for one in events] == [(owner.id, "refused")]
    secret = browser.cookies[cookies.SESSION].value
    assert secret not in repr(list(Event.objects.values()))
    assert browser.get(PATH).status_code == 200, "the owner's own browser notices nothing"


def test_who_has_it_cannot_renew_with_a_key_of_theirs(bound, device):
    browser, session = bound
    thief, own = copied(browser), Device()
    challenge = challenged(thief, session)
    for proof in (own.sign(challenge), own.sign(challenge, first=True), "x.y.z", "x" * 9000):
        assert renew(thief, session, proof).status_code == 400
        assert cookies.DEVICE not in thief.cookies
    assert people.events(NOT_FROM_ITS_DEVICE)
    assert renew(browser, session, device.sign(challenge)).status_code == 200


def test_nor_bind_the_session_to_it(bound):
    browser, session = bound
    challenge = binding.challenge(
        Session.objects.get(id=session).id, bound_hash=None, now=Session.objects.get().seen_at
    )
    for robber in (copied(browser), copied(browser, cookies.SESSION, cookies.DEVICE)):
        assert offered(robber) == ""
        assert bind(robber, Device(), challenge).status_code == 403


def test_nor_bind_an_older_session_without_a_device(owner, clock):
    browser = browser_of(owner)
    challenge = offered(browser)
    clock.shift(binding.OFFERED_FOR)
    thief = copied(browser)
    assert offered(thief) == ""
    assert bind(thief, Device(), challenge).status_code == 403
    assert browser.get(PATH).status_code == 200


def test_all_cookies_together_end_with_the_short_lived_one(bound, device, clock):
    browser, session = bound
    thief = copied(browser, cookies.SESSION, cookies.DEVICE)
    clock.shift(binding.LIFE - LATER - timedelta(minutes=1))
    assert thief.get(PATH).status_code == 200, "until the device is asked again"
    proof = device.sign(challenged(browser, session))
    assert renew(browser, session, proof).status_code == 200
    clock.shift(LATER)
    assert is_out(thief.get(PATH)), "renewed meanwhile"
    assert browser.get(PATH).status_code == 200
    second = copied(browser, cookies.SESSION, cookies.DEVICE)
    clock.shift(binding.LIFE + IN_FLIGHT)
    assert is_out(second.get(PATH)), "nobody renewed it"
    assert is_out(second.get(PATH))


def test_what_is_on_its_way_when_the_cookie_is_renewed_comes_through(bound, device):
    browser, session = bound
    other_tab = copied(browser, cookies.SESSION, cookies.DEVICE)
    assert renew(browser, session, device.sign(challenged(browser, session))).status_code == 200
    assert other_tab.get(PATH).status_code == 200


def test_a_proof_works_once(bound, device):
    browser, session = bound
    proof = device.sign(challenged(browser, session))
    assert renew(browser, session, proof).status_code == 200
    again = renew(browser, session, proof)
    assert again.status_code == 403, "with another challenge, which the browser answers"
    assert "Secure-Session-Challenge" in again.headers
    assert cookies.DEVICE not in again.cookies


def test_after_the_cookie_is_over_the_device_renews_it_all_the_same(bound, device, clock):
    browser, session = bound
    clock.shift(binding.LIFE + IN_FLIGHT)
    del browser.cookies[cookies.DEVICE]
    assert renew(browser, session, device.sign(challenged(browser, session))).status_code == 200
    assert browser.get(PATH).status_code == 200
    assert browser.cookies[cookies.DEVICE]["max-age"] == 600


def test_where_the_answer_was_lost_the_browser_asks_again(bound, device):
    browser, session = bound
    lost = copied(browser, cookies.SESSION, cookies.DEVICE)
    assert renew(lost, session, device.sign(challenged(browser, session))).status_code == 200
    assert renew(browser, session, device.sign(challenged(browser, session))).status_code == 200
    assert browser.get(PATH).status_code == 200


def test_nobody_is_asked_for_a_cookie_that_never_came(owner, device, clock):
    """The answer to the first proof was lost, or the browser keeps it to itself."""
    browser = browser_of(owner)
    assert bind(browser, device).status_code == 200
    del browser.cookies[cookies.DEVICE]
    clock.shift(binding.LIFE * 2)
    assert browser.get(PATH).status_code == 200
    assert not people.events(SESSION_BOUND)


def test_the_page_asked_for_while_the_key_is_made_comes_through(owner, device):
    browser = browser_of(owner)
    early = copied(browser)
    assert bind(browser, device).status_code == 200
    assert browser.get(PATH).status_code == 200
    assert early.get(PATH).status_code == 200


def test_a_session_is_bound_once_and_that_is_in_history(bound, owner):
    browser, _session = bound
    browser.get(PATH)
    assert [one.actor_id for one in people.events(SESSION_BOUND)] == [owner.id]


def test_the_list_of_sessions_says_which_are_bound(bound, owner):
    browser, _session = bound
    browser_of(owner)
    mine = browser.get(PATH).content.decode()
    assert mine.count("Bound to this device") == 1
    assert "Bound to its device" not in mine
    assert "cannot be used from anywhere else" in mine
    elsewhere = browser_of(owner)
    other = elsewhere.get(PATH).content.decode()
    assert (other.count("Bound to its device"), other.count("Bound to this device")) == (1, 0)
    Session.objects.update(bound_at=None)
    assert "from anywhere else" not in elsewhere.get(PATH).content.decode()


def test_it_is_offered_with_a_page_after_the_last_step(owner):
    enable_app(owner)
    browser = Client()
    pages = [browser.get("/sign-in/", headers=PAGE)]
    pages.append(browser.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD}))
    pages.append(browser.get("/sign-in/code/", headers=PAGE))
    challenge = binding.challenge(Session.objects.get().id, bound_hash=None, now=people_now())
    assert not any(map(asked, pages))
    assert bind(browser, Device(), challenge).status_code == 403, "not through"
    browser.post("/sign-in/code/", {"code": next_code(owner)})
    assert asked(browser.get("/security/")) == "", "no page of its own"
    assert offered(browser)


def test_a_session_of_before_or_another_one_is_over_for_the_browser(bound, owner, device):
    browser, session = bound
    other = browser_of(owner)
    for one, named in ((other, session), (browser, "no-session"), (Client(), session)):
        answer = renew(one, named, device.sign("x"))
        assert answer.json()["continue"] is False
    Session.objects.update(ended_at=people_now())
    assert renew(browser, session, device.sign("x")).json()["continue"] is False


def test_a_renewal_on_its_way_beside_a_step_up_ends_nothing(bound, device, clock):
    """The step gives the session another cookie: a browser that heard *over* would forget the key."""
    browser, session = bound
    beside = copied(browser, cookies.SESSION, cookies.DEVICE)
    challenge = challenged(beside, session)
    row = Session.objects.get(id=session)
    issuing.step_up(row.id, old_hash=bytes(row.token_hash))
    answer = renew(beside, session, device.sign(challenge))
    assert (answer.status_code, cookies.DEVICE in answer.cookies) == (503, False)
    # Nobody else hears that it goes on, and it does not for ever.
    without = copied(browser)
    assert renew(without, session, "x").json()["continue"] is False
    clock.shift(binding.LIFE + IN_FLIGHT)
    assert renew(beside, session, "x").json()["continue"] is False
    clock.shift(-binding.LIFE)
    Session.objects.update(ended_at=people_now())
    assert renew(beside, session, "x").json()["continue"] is False


def test_who_lost_the_device_s_key_can_sign_out_and_in_again(bound, owner):
    browser, _session = bound
    gone = copied(browser)
    gone.post("/sign-out/")
    assert people.events(SIGNED_OUT)
    assert is_out(browser.get(PATH))
    assert browser_of(owner).get(PATH).status_code == 200


def test_asking_for_challenges_writes_nothing(bound, django_assert_num_queries):
    browser, session = bound
    before = list(Session.objects.values())
    for _ in range(5):
        with django_assert_num_queries(2):
            assert challenged(browser, session)
    assert list(Session.objects.values()) == before


def test_a_form_of_another_site_does_nothing(bound):
    browser, _session = bound
    before = list(Session.objects.values())
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    for path in (BIND, RENEW):
        answer = strict.post(path, {"x": "y"}, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
        assert cookies.DEVICE not in answer.cookies
        assert strict.get(path).status_code == 405
    assert list(Session.objects.values()) == before


def test_an_operator_can_do_without(bound, settings, device):
    browser, session = bound
    off = {"device_bound_sessions": False}
    settings.DOORWARD = settings.DOORWARD.model_copy(update=off)
    cookie_alone = copied(browser)
    assert cookie_alone.get(PATH).status_code == 200
    assert renew(browser, session, device.sign("x")).json()["continue"] is False
    assert offered(browser_of(people.again(people_of(session)))) == ""


def test_without_encryption_nothing_is_offered_but_on_this_machine(owner):
    of = settings.DOORWARD.model_copy
    assert of(update={"public_url": "http://localhost:8000"}).binds_devices
    assert of(update={"public_url": "https://portal.example"}).binds_devices
    assert not of(update={"public_url": "http://portal.example"}).binds_devices


def people_now():
    return Session.objects.latest("seen_at").seen_at


def people_of(session):
    return Session.objects.get(id=session).administrator


def test_signed_out_by_an_application_it_is_over_without_its_device_too(bound, owner):
    """Where the device cannot show itself, nobody is told that they are signed out while the session lives on."""
    browser, _session = bound
    give_tab(owner)
    application = make_application()
    token = Relying(application, make_secret(application)).tokens(browser)["id_token"]
    without = copied(browser)
    done = without.get("/oidc/logout/", {"id_token_hint": token})
    assert done["Location"] == "/sign-in/"
    assert Session.objects.get().ended_at is not None
    assert is_out(browser.get(PATH))
