"""A form that comes after its session has ended is there again for whoever typed it, and for nobody else."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

import doorward
from doorward.sessions import saved_requests
from doorward.sessions.models import Session
from doorward.web.http import unsent
from tests.kit import browsers, codes, people

pytestmark = pytest.mark.django_db

CONTINUE = "/prove/continue/"
TYPED = "Ines Maria"
KEPT = "what you typed is kept for half an hour"
NOT_KEPT = "nothing was changed. Please sign in again"


@pytest.fixture
def form(owner):
    return {
        "first_name": TYPED,
        "last_name": "Moreau",
        "phone": "",
        "email": owner.email,
        "language": "en",
        "time_zone": "UTC",
    }


def by_time(browser, clock):
    clock.shift(timedelta(hours=2))


def by_somebody(browser, clock):
    Session.objects.update(ended_at=timezone.now())


def in_another_tab(browser, clock):
    browser.post("/sign-out/")


ENDS = [by_time, by_somebody, in_another_tab]


def sign_in(browser, person):
    answer = browser.post(
        "/sign-in/", {"email": person.email, "password": people.PASSWORD, "next": ""}
    )
    assert answer.status_code == 303
    return answer["Location"]


def send(browser, path, form):
    answer = browser.post(path, form)
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/")
    return browser.get("/sign-in/").content.decode()


@pytest.mark.parametrize("end", ENDS)
def test_what_was_typed_is_there_again_and_is_sent_when_its_owner_says_so(owner, form, clock, end):
    browser = browsers.browser_of(owner)
    end(browser, clock)
    assert KEPT in send(browser, "/profile/", form)
    assert people.again(owner).first_name != TYPED
    assert sign_in(browser, owner) == CONTINUE
    page = browser.get(CONTINUE).content.decode()
    assert page.count(TYPED) == 2, "once to be read, and once to be sent"
    assert "<dt>First name</dt>" in page
    assert "<dt>first_name</dt>" not in page
    assert "Send it now" in page
    assert "data-sends-itself" not in page, "nothing is sent by itself"
    assert browser.post("/profile/", form)["Location"] == "/profile/"
    assert people.again(owner).first_name == TYPED
    assert browser.get(CONTINUE)["Location"] == "/"


def test_after_a_second_step_too(owner, form, clock):
    codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    clock.shift(timedelta(hours=2))
    send(browser, "/profile/", form)
    sign_in(browser, owner)
    assert browser.get(CONTINUE)["Location"] == "/sign-in/code/"
    answer = browser.post("/sign-in/code/", {"code": codes.next_code(owner)})
    assert answer["Location"] == CONTINUE
    assert TYPED in browser.get(CONTINUE).content.decode()


@pytest.mark.parametrize("end", ENDS)
def test_it_is_shown_to_nobody_else(owner, colleague, outsider, form, clock, end):
    browser = browsers.browser_of(owner)
    end(browser, clock)
    send(browser, "/profile/", form)
    for other in (colleague, outsider):
        assert sign_in(browser, other) != CONTINUE
        assert browser.get(CONTINUE)["Location"] == "/"
        assert TYPED not in browser.get("/profile/").content.decode()
        browser.post("/sign-out/")
    assert sign_in(Client(), owner) != CONTINUE, "nor to its owner in another browser"


def test_it_waits_for_half_an_hour_and_no_longer(owner, form, clock):
    browser = browsers.browser_of(owner)
    clock.shift(timedelta(hours=2))
    send(browser, "/profile/", form)
    clock.shift(timedelta(minutes=30, seconds=1))
    assert sign_in(browser, owner) != CONTINUE
    assert saved_requests.forget(now=timezone.now()) == 1


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("/profile/password/", {"current": "a secret", "password": "another secret"}),
        ("/security/2fa/disable/", {"code": "123456"}),
        ("/security/2fa/enable/", {"name": "Phone", "code": "123456"}),
        ("/sign-in/pass/", {"pass": "eight words that let somebody set up a phone"}),
        ("/sign-in/clock/", {"first": "123456", "second": "654321"}),
        ("/support/caller-check/", {"code": "123 456"}),
    ],
)
def test_no_secret_is_kept(owner, clock, path, secret):
    browser = browsers.browser_of(owner)
    clock.shift(timedelta(hours=2))
    assert NOT_KEPT in send(browser, path, secret)
    assert not Session.objects.filter(saved_request__isnull=False).exists()


def test_what_is_secret_is_known_by_the_names_of_all_boxes_for_codes_and_passwords():
    pages = (Path(doorward.__file__).parent / "web").rglob("*.html")
    text = "\n".join(page.read_text() for page in pages)
    codes_ = re.findall(r'code_field\(\s*plain_field\(\s*"(\w+)"', text)
    passwords = re.findall(r'plain_field\(\s*"(\w+)"[^\n]*kind="password"', text)
    assert (
        {"code", "first", "password", "current"} <= {*codes_, *passwords} <= saved_requests.SECRET
    )


def test_nor_what_is_large_nor_nothing_at_all(owner, clock):
    browser = browsers.browser_of(owner)
    clock.shift(timedelta(hours=2))
    assert NOT_KEPT in send(browser, "/profile/", {"first_name": "x" * 33_000})
    assert NOT_KEPT in send(browser, "/session/stay/", {})
    assert not Session.objects.filter(saved_request__isnull=False).exists()


def test_what_a_script_sends_is_not_spoken_of(owner, clock):
    browser = browsers.browser_of(owner)
    clock.shift(timedelta(hours=2))
    browser.post("/session/stay/", headers={"Sec-Fetch-Mode": "cors"})
    assert "signed out" not in browser.get("/sign-in/").content.decode()


def test_who_has_only_an_old_token_leaves_nothing_for_its_owner_to_send(owner, form, clock):
    browser, thief = browsers.browser_of(owner), Client()
    name = settings.SESSION_COOKIE_NAME
    thief.cookies[name] = browser.cookies[name].value
    clock.shift(timedelta(hours=2))
    assert NOT_KEPT in send(thief, "/profile/", form)
    assert sign_in(browser, owner) != CONTINUE


def test_the_mark_of_signing_out_opens_nothing_and_cannot_be_made_up(owner, form, clock):
    browser = browsers.browser_of(owner)
    browser.post("/sign-out/")
    mark = browser.cookies[unsent.LEFT].value
    assert str(Session.objects.get().id) not in mark or mark.count(":") == 2, "it is signed"
    for made_up in ("x", str(Session.objects.get().id), mark[:-1] + "x"):
        stranger = Client()
        stranger.cookies[unsent.LEFT] = made_up
        assert NOT_KEPT in send(stranger, "/profile/", form)
    other = Client()
    other.cookies[settings.SESSION_COOKIE_NAME] = mark
    assert other.get("/security/")["Location"].startswith("/sign-in/")
    sign_in(browser, owner)
    assert browser.cookies[unsent.LEFT].value == ""


def test_a_stranger_is_told_to_sign_in(form):
    people.provider()
    assert NOT_KEPT in send(Client(), "/profile/", form)
