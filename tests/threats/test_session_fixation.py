"""A session that somebody else knows: its identifier changes with each proof, and the old one is dead."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from doorward.accounts import mailed_links
from doorward.accounts.models import MailedLink
from tests.kit import browsers, people
from tests.threats.proofs import WAYS, Person, Way

pytestmark = pytest.mark.django_db

COOKIE = settings.SESSION_COOKIE_NAME
# What proves somebody and gives the session nothing more than it had.
NOTHING_GAINED = {"security/2fa/disable/", "profile/password/", "security/lost/"}
STEPS = [way for way in WAYS if way.accepts and way.route not in NOTHING_GAINED]


def is_dead(token: str) -> bool:
    other = Client()
    other.cookies[COOKIE] = token
    answer = other.get("/security/")
    return answer.status_code == 303 and answer["Location"].startswith("/sign-in/?")


@pytest.mark.parametrize("way", STEPS, ids=str)
def test_each_proof_gives_a_new_identifier_and_ends_the_old_one(owner, clock, way: Way):
    person = Person(owner)
    way.arrive(person)
    before = person.browser.cookies.get(COOKIE)
    known = before.value if before else "planted by somebody else"
    person.browser.cookies[COOKIE] = known

    answer = person.post(way.path, way.right(person))

    assert answer.status_code == 303
    made = answer.cookies[COOKIE]
    assert made.value != known
    assert len(made.value) == 43
    assert (made["httponly"], made["samesite"]) == (True, "Lax")
    assert is_dead(known)


@pytest.mark.parametrize("page", ["/password/reset/", "/invitation/", "/not-me/"])
def test_nor_does_a_mailed_link_go_on_with_a_planted_one(owner, customer, page):
    if page == "/invitation/":
        people.invite(customer)
    elif page == "/password/reset/":
        Client().post("/password/forgot/", {"email": owner.email})
        people.answer_asked()
    else:
        thief = Person(owner)
        way = next(way for way in WAYS if way.route == "security/2fa/enable/")
        way.arrive(thief)
        assert thief.post(way.path, way.right(thief)).status_code == 303
    browser = Client()
    browser.get(mailed_links.path(MailedLink.objects.latest("created_at")))
    browser.cookies[COOKIE] = "planted by somebody else"
    answer = browser.post(page, {"password": people.OTHER_PASSWORD})
    assert answer.status_code == 303, answer.content.decode()
    assert answer.cookies[COOKIE].value != "planted by somebody else"
    assert is_dead("planted by somebody else")


def test_an_address_never_carries_one(owner):
    browser = browsers.browser_of(owner)
    token = browser.cookies[COOKIE].value
    other = Client()
    for name in (COOKIE, "session", "sessionid"):
        answer = other.get(f"/security/?{name}={token}")
        assert answer["Location"].startswith("/sign-in/")
        assert other.post("/security/", {name: token})["Location"].startswith("/sign-in/")
    assert browser.get("/security/").status_code == 200
    assert token not in browser.get("/security/").content.decode()
