"""The clock doctor on its pages: at a set-up by one code, at the second step and the reauthentication by two."""

from __future__ import annotations

import re
import time
from base64 import b32decode
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client

from doorward.accounts.models import Administrator
from doorward.credentials.models import Factor
from doorward.customers.tabs import HOME
from doorward.kernel.ratelimit import rules
from doorward.sessions.models import Session
from doorward.web.http import server_clock
from tests.kit import browsers, codes, people

BEHIND = "Your phone's clock is about 4 minutes behind."


def text(answer: Any) -> str:
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).replace("&#39;", "'").split())


def password(person: Administrator) -> Client:
    client = Client(HTTP_USER_AGENT=people.CHROME)
    client.post("/sign-in/", {"email": person.email, "password": people.PASSWORD})
    return client


def two(secret: bytes, offset: int) -> dict[str, str]:
    return {
        "first": codes.code(secret, offset=offset - 1),
        "second": codes.code(secret, offset=offset),
    }


def shown_secret(answer: Any) -> bytes:
    found = re.search(r'id="manual-code">([^<]+)<', answer.content.decode())
    assert found, answer.content.decode()
    return b32decode(found.group(1).replace(" ", ""))


def test_at_the_second_step_two_codes_in_a_row_tell_and_open_nothing(owner, clock):
    secret = codes.enable_app(owner)
    client = password(owner)
    assert b'href="/sign-in/clock/"' in client.get("/sign-in/code/").content
    asked = client.get("/sign-in/clock/")
    assert asked.content.count(b'data-code="6"') == 1  # only the second box sends the form
    answer = client.post("/sign-in/clock/", two(secret, -8))
    assert answer.status_code == 422
    said = text(answer)
    assert BEHIND in said
    assert "Android" in said
    assert "iPhone" in said
    assert b'href="/help/two-factor/#clock"' in answer.content
    assert client.get("/")["Location"] == "/sign-in/code/"
    assert client.post("/sign-in/code/", {"code": codes.code(secret)}).status_code == 303
    assert client.get("/").status_code == 200


def test_a_right_clock_is_said_and_opens_nothing_either(owner, clock):
    secret = codes.enable_app(owner)
    client = password(owner)
    answer = client.post("/sign-in/clock/", two(secret, 0))
    assert answer.status_code == 422
    assert "Your phone's clock is right." in text(answer)
    assert client.get("/")["Location"] == "/sign-in/code/"


@pytest.mark.parametrize("offset", [-20, -8, 8])
def test_an_ordinary_code_of_another_time_looks_like_any_wrong_one(owner, clock, offset):
    secret = codes.enable_app(owner)
    known, wrong = password(owner), password(owner)
    at_another_time = known.post("/sign-in/code/", {"code": codes.code(secret, offset=offset)})
    assert text(at_another_time) == text(wrong.post("/sign-in/code/", {"code": "000000"}))
    assert "behind" not in text(at_another_time)


def test_codes_that_tell_nothing_are_counted_until_it_waits(owner, clock):
    codes.enable_app(owner)
    client = password(owner)
    for _ in range(rules.FREE):
        answer = client.post("/sign-in/clock/", {"first": "000000", "second": "000000"})
        assert answer.status_code == 422
        assert "do not show anything about the clock" in text(answer)
    answer = client.post("/sign-in/clock/", {"first": "000000", "second": "000000"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "30")
    assert client.post("/sign-in/code/", {"code": "000000"}).status_code == 429


def test_it_is_for_those_whose_password_was_right_and_who_have_an_app(owner, colleague):
    assert Client().get("/sign-in/clock/")["Location"].startswith("/sign-in/")
    assert Client().post("/sign-in/clock/", {"first": "1", "second": "2"}).status_code == 303
    assert password(colleague).get("/sign-in/clock/")["Location"] == "/"
    assert password(colleague).get("/prove/clock/?next=/security/")["Location"] == (
        "/prove/?next=%2Fsecurity%2F"
    )
    codes.enable_app(owner)
    Factor.objects.update(kind="passkey", sealed=None)
    assert password(owner).get("/sign-in/clock/")["Location"] == "/sign-in/code/"
    assert password(owner).get("/prove/clock/")["Location"] == "/sign-in/code/"


def test_a_form_with_something_missing_is_refused_and_not_counted(owner):
    codes.enable_app(owner)
    client = password(owner)
    assert client.post("/sign-in/clock/", {"first": "123456"}).status_code == 422
    assert Factor.objects.get().failures_in_a_row == 0


def test_at_the_fresh_proof_it_tells_and_keeps_where_it_was_heading(owner, clock):
    secret = codes.enable_app(owner)
    client = browsers.browser_of(owner)
    clock.shift(timedelta(minutes=6))
    asked = client.get("/prove/?next=/security/2fa/add/")
    assert "/prove/clock/?next=%2Fsecurity%2F2fa%2Fadd%2F" in asked.content.decode()
    answer = client.post("/prove/clock/", two(secret, 14) | {"next": "/security/2fa/add/"})
    assert "Your phone's clock is about 7 minutes ahead." in text(answer)
    assert "/prove/?next=%2Fsecurity%2F2fa%2Fadd%2F" in answer.content.decode()
    assert client.get("/security/2fa/add/")["Location"].startswith("/prove/")
    away = client.post("/prove/clock/", two(secret, 0) | {"next": "https://evil.example/"})
    assert b"evil" not in away.content


@pytest.mark.parametrize("way", ["enable", "adding", "forced"])
def test_at_a_set_up_one_code_tells_and_sets_nothing_up(owner, clock, way):
    if way == "forced":
        Administrator.objects.of(owner.customer_id).update(require_2fa=True)
        client, path = browsers.browser_signed_in_by_service(owner), "/sign-in/set-up/"
        Session.objects.update(from_link=True)
    elif way == "adding":
        codes.enable_app(owner)
        client, path = browsers.browser_of(owner), "/security/2fa/add/"
    else:
        client, path = browsers.browser_of(owner), "/security/2fa/enable/"
    factors = Factor.objects.count()
    secret = shown_secret(client.get(path))
    answer = client.post(path, {"code": codes.code(secret, offset=-8), "name": ""})
    assert answer.status_code == 422
    said = text(answer)
    assert BEHIND in said
    assert "right for another time, so it is not accepted" in said
    assert "Android" in said
    assert b'href="/help/two-factor/#clock"' in answer.content
    assert Factor.objects.count() == factors
    wrong = client.post(path, {"code": "000000", "name": ""}).content
    assert b'id="clock"' not in wrong
    # What is wrong stands at the field, and above the steps nothing takes up room.
    assert not re.search(rb'<div class="body single">\s*</div>', wrong)


def test_history_says_so_in_words_that_support_can_read_out(owner, clock):
    secret = codes.enable_app(owner)
    client = password(owner)
    client.post("/sign-in/clock/", two(secret, -8))
    client.post("/sign-in/code/", {"code": codes.code(secret)})
    said = text(client.get("/activity/"))
    assert "the phone's clock is about 4 minutes behind" in said


# --- the server's own clock -----------------------------------------------------------------------


@pytest.fixture
def staff(db) -> Administrator:
    return people.make_administrator(
        people.provider(), email="ops@example.com", name="Kim Aro", tabs={HOME}
    )


def test_the_providers_staff_see_that_the_servers_clock_is_off_and_nobody_else(owner, staff):
    with time_machine.travel(time.time() + 60):
        on_home = browsers.browser_of(staff).get("/").content
        others = browsers.browser_of(owner).get("/").content
    assert b'id="server-clock"' not in others
    if connection.vendor == "sqlite":  # it has no clock of its own
        assert b'id="server-clock"' not in on_home
    else:
        # Asking takes a while, and how long is not known.
        said = re.search(
            rb"This server&#39;s clock is (\d\d) seconds ahead of the database&#39;s.", on_home
        )
        assert said
        assert 50 < int(said[1]) < 70


@pytest.mark.parametrize(
    ("ahead", "words"), [(-7.6, "8 seconds ahead of"), (3, "3 seconds behind"), (1.9, ""), (-2, "")]
)
def test_what_was_seen_is_said_for_a_while_without_asking_again(
    staff, ahead, words, django_assert_max_num_queries
):
    client = browsers.browser_of(staff)
    client.get("/")
    server_clock._last.at, server_clock._last.ahead = time.monotonic(), ahead
    with django_assert_max_num_queries(3):
        said = text(client.get("/"))
    assert (f"This server's clock is {words} the database's." in said) is bool(words)


def test_it_is_looked_at_once_in_five_minutes(staff):
    client = browsers.browser_of(staff)
    client.get("/")
    first = server_clock._last.at
    assert first is not None
    client.get("/")
    assert server_clock._last.at == first
    server_clock._last.at = first - 301
    client.get("/")
    assert server_clock._last.at >= first
