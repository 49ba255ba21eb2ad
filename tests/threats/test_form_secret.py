"""Who knows, or chose, the secret of a browser's forms before somebody signs in there has no use of it afterwards."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client

from doorward.sessions.models import Session
from doorward.web.http.csrf_secret import BEFORE
from tests.kit import codes, people
from tests.threats.proofs import WAYS, Person, Way

if TYPE_CHECKING:
    import time_machine

    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
NOTHING_GAINED = {"security/2fa/disable/", "profile/password/", "security/lost/"}
STEPS = [way for way in WAYS if way.accepts and way.route not in NOTHING_GAINED]


def browser() -> Client:
    return Client(enforce_csrf_checks=True, HTTP_HOST="localhost", HTTP_USER_AGENT=people.CHROME)


def secret(client: Client) -> str:
    return client.cookies[settings.CSRF_COOKIE_NAME].value


def token(client: Client, path: str) -> str:
    found = TOKEN.search(client.get(path).content.decode())
    assert found, path
    return found.group(1)


def send(client: Client, path: str, form: dict[str, Any], csrf: str | None = None) -> Any:
    return client.post(path, form | {"csrfmiddlewaretoken": csrf or token(client, path)})


def sign_in(client: Client, person: Administrator) -> str:
    """Sign in over the real page; return the token of its form."""
    used = token(client, "/sign-in/")
    form = {"email": person.email, "password": people.PASSWORD, "next": ""}
    assert send(client, "/sign-in/", form, used).status_code == 303
    return used


# --- renewed --------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", STEPS, ids=str)
def test_each_step_up_draws_another(owner: Administrator, clock: Any, way: Way) -> None:
    person = Person(owner)
    way.arrive(person)
    planted = "a" * 32
    person.browser.cookies[settings.CSRF_COOKIE_NAME] = planted
    answer = person.post(way.path, way.right(person))
    assert answer.status_code == 303
    assert answer.cookies[settings.CSRF_COOKIE_NAME].value != planted


def test_and_so_do_signing_in_and_out(owner: Administrator) -> None:
    client = browser()
    seen = []
    for _round in range(2):
        sign_in(client, owner)
        seen.append(secret(client))
        assert send(client, "/sign-out/", {}, token(client, "/security/")).status_code == 303
        seen.append(secret(client))
    assert len(set(seen)) == 4


def test_a_form_with_the_one_of_before_does_nothing(owner: Administrator) -> None:
    client = browser()
    used = sign_in(client, owner)
    before = people.again(owner).phone
    profile = {"first_name": "Mallory", "last_name": "M", "phone": "", "language": "en"}
    form = profile | {"email": owner.email, "time_zone": "UTC"}
    for path, sent in (
        ("/profile/", form),
        ("/security/sessions/end/", {"others": "on"}),
        ("/profile/password/", {"current": people.PASSWORD, "password": people.OTHER_PASSWORD}),
    ):
        assert send(client, path, sent, used).status_code == 403, path
    assert (people.again(owner).phone, people.again(owner).first_name) == (before, "Ines")


def test_nor_does_one_that_another_site_sends_though_it_knew_the_secret(
    owner: Administrator,
) -> None:
    client = browser()
    used = sign_in(client, owner)
    for path in ("/sign-out/", "/sign-in/", "/profile/"):
        answer = client.post(
            path, {"csrfmiddlewaretoken": used}, headers={"Origin": "https://evil.example"}
        )
        assert answer.status_code == 403
        assert "Send it again" not in answer.content.decode()
    assert Session.objects.get().ended_at is None


@pytest.mark.parametrize("made_up", ["", "A" * 64, "A" * 63, "ä" * 64, "A" * 32, "A" * 5000])
def test_nor_is_one_that_is_made_up_taken_for_an_older_one(
    owner: Administrator, made_up: str
) -> None:
    client = browser()
    sign_in(client, owner)
    answer = client.post("/sign-in/", {"csrfmiddlewaretoken": made_up})
    assert answer.status_code == 403
    assert "older page" not in answer.content.decode()


@pytest.mark.parametrize("planted", ["x", ".".join(["a" * 22] * 9), "\u00e4" * 22, "." * 4000])
def test_whatever_the_cookie_says(owner: Administrator, planted: str) -> None:
    client = browser()
    client.cookies[BEFORE] = planted
    sign_in(client, owner)
    assert len(client.cookies[BEFORE].value) <= 8 * 23


# --- and two tabs go on ---------------------------------------------------------------------------


def test_pressed_twice_it_goes_on(owner: Administrator) -> None:
    codes.enable_app(owner)
    client = browser()
    used = sign_in(client, owner)
    form = {"email": owner.email, "password": people.PASSWORD, "next": ""}
    again = send(client, "/sign-in/", form, used)
    assert (again.status_code, again["Location"]) == (303, "/sign-in/code/")
    used = token(client, "/sign-in/code/")
    code = codes.next_code(owner)
    for _press in range(3):
        answer = send(client, "/sign-in/code/", {"code": code}, used)
        assert (answer.status_code, answer["Location"]) == (303, "/")
    assert client.get("/security/").status_code == 200
    assert Session.objects.count() == 1


def test_a_fresh_proof_pressed_twice_goes_on_too(
    owner: Administrator, clock: time_machine.Traveller
) -> None:
    client = browser()
    sign_in(client, owner)
    clock.shift(timedelta(minutes=11))
    used = token(client, "/prove/?next=/profile/")
    form = {"password": people.PASSWORD, "next": "/profile/"}
    for _press in range(2):
        answer = send(client, "/prove/", form, used)
        assert (answer.status_code, answer["Location"]) == (303, "/profile/")


def test_what_was_typed_in_another_tab_is_kept_and_can_be_sent_again(owner: Administrator) -> None:
    client = browser()
    sign_in(client, owner)
    used = token(client, "/profile/")
    client.post("/sign-out/", {"csrfmiddlewaretoken": used})
    sign_in(client, owner)
    form = {
        "first_name": 'Inés "the" <b>', "last_name": "Moreau", "phone": "+49 30 901820",
        "email": owner.email, "language": "en", "time_zone": "Europe/Berlin",
    }  # fmt: skip
    old = send(client, "/profile/", form, used)
    assert old.status_code == 403
    page = old.content.decode()
    assert "This form is from an older page" in page
    assert people.again(owner).phone == ""
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert kept["phone"] == "+49 30 901820"
    assert kept["first_name"] == "Inés &#34;the&#34; &lt;b&gt;"
    assert 'action="/profile/"' in page
    sent = form | {"csrfmiddlewaretoken": kept["csrfmiddlewaretoken"]}
    assert client.post("/profile/", sent).status_code == 303
    assert people.again(owner).phone == "+4930901820"


def test_a_password_is_asked_for_once_more_and_never_shown(owner: Administrator) -> None:
    client = browser()
    used = sign_in(client, owner)
    send(client, "/sign-out/", {}, token(client, "/security/"))
    form = {"email": owner.email, "password": people.PASSWORD, "next": "/activity/"}
    old = send(client, "/sign-in/", form, used)
    page = old.content.decode()
    assert old.status_code == 403
    assert people.PASSWORD not in page
    assert f'name="email" value="{owner.email}"' in page
    assert 'type="password"' in page
    found = TOKEN.search(page)
    assert found
    assert send(client, "/sign-in/", form, found.group(1))["Location"] == "/activity/"


def test_signing_out_does_not_wait_for_a_page_to_be_loaded_again(owner: Administrator) -> None:
    client = browser()
    sign_in(client, owner)
    used = token(client, "/security/")
    # In another tab reauthentication is given, by which the secret is another.
    form = {"password": people.PASSWORD, "next": "/"}
    assert send(client, "/prove/", form).status_code == 303
    answer = send(client, "/sign-out/", {}, used)
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/")
    assert Session.objects.get().ended_at is not None
