"""Recovery codes that are not saved belong to the session that was shown them, and open nothing yet."""

from __future__ import annotations

import re
from functools import partial

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from doorward.credentials.errors import RecoveryCodeWrong
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.gate.loading import load
from doorward.sessions.errors import StaleRequest
from doorward.sessions.models import Session
from tests.kit import browsers, people
from tests.kit import codes as kit_codes
from tests.kit.racing import at_once
from tests.threats.trusting import give_password, trusting

pytestmark = pytest.mark.django_db

SAVE = "/sign-in/recovery-codes/"
CODES = re.compile(r"(?:[A-Z2-7]{4}-){5}[A-Z2-7]{4}")


def shows(browser: Client) -> list[str]:
    """Return all codes that any page of the sign-in shows this browser."""
    pages = ("/", "/security/", SAVE, f"{SAVE}text/", "/sign-in/code/")
    return [
        code
        for page in pages
        for code in CODES.findall(browser.get(page, follow=True).content.decode())
    ]


def makes_codes(person) -> tuple[Client, list[str]]:
    """Let the owner make new codes in a browser of theirs, and not say that they are saved."""
    owner = browsers.browser_of(person)
    assert owner.post("/security/recovery-codes/").status_code == 303
    return owner, recovery_codes.unsaved(person.id)


def still_unsaved(person, codes) -> bool:
    return recovery_codes.unsaved(person.id) == codes and recovery_codes.left(person.id) == 10


@pytest.fixture
def saved(owner) -> list[str]:
    kit_codes.enable_app(owner)
    return kit_codes.saved_codes(owner)


def test_a_thief_in_a_trusted_browser_sees_none_and_confirms_none(owner, saved):
    thief = trusting(owner)
    _owner, codes = makes_codes(owner)
    give_password(thief, owner)
    assert shows(thief) == []
    answer = thief.post(SAVE, {"saved": "on"})
    assert answer["Location"] == "/sign-in/code/"
    assert still_unsaved(owner, codes)


def test_nor_does_another_session_whose_proof_is_old(owner, saved):
    other = browsers.browser_of(owner)
    _owner, codes = makes_codes(owner)
    browsers.age_proofs(owner)
    assert shows(other) == []
    assert other.post(SAVE, {"saved": "on"})["Location"] == "/sign-in/code/"
    assert still_unsaved(owner, codes)


def test_nor_does_who_was_let_in_by_a_recovery_code_and_they_are_not_kept_from_their_pages(
    owner, saved
):
    _owner, codes = makes_codes(owner)
    thief = Client()
    give_password(thief, owner)
    assert thief.post("/sign-in/recovery/", {"code": saved[0]}).status_code == 303
    assert thief.get("/security/").status_code == 200
    assert shows(thief) == []
    assert thief.post(SAVE, {"saved": "on"}).status_code == 303
    assert recovery_codes.unsaved(owner.id) == codes


def test_another_session_sees_them_after_a_factor_and_from_then_on_they_are_its_own(owner, saved):
    maker, codes = makes_codes(owner)
    browsers.age_proofs(owner)
    other = browsers.browser_of(owner)
    assert shows(other)[:10] == codes
    assert shows(maker) == []
    assert maker.post(SAVE, {"saved": "on"})["Location"] == "/sign-in/code/"
    assert still_unsaved(owner, codes)
    assert other.post(SAVE, {"saved": "on"}).status_code == 303
    assert recovery_codes.unsaved(owner.id) == []


def test_the_session_that_made_them_sees_them_until_ten_minutes_are_over(owner, saved, clock):
    maker, codes = makes_codes(owner)
    clock.shift(9 * 60 + 50)
    assert shows(maker)[:10] == codes
    clock.shift(10)
    assert shows(maker) == []
    assert maker.post("/sign-in/code/", {"code": kit_codes.next_code(owner)}).status_code == 303
    assert shows(maker)[:10] == codes
    assert maker.post(SAVE, {"saved": "on"})["Location"] == "/security/"


def test_no_unsaved_code_opens_anything_and_the_old_ones_go_on_working(owner, saved):
    _owner, codes = makes_codes(owner)
    thief = Client()
    give_password(thief, owner)
    for code in codes[:4]:
        assert thief.post("/sign-in/recovery/", {"code": code}).status_code == 422
    assert thief.post("/sign-in/recovery/", {"code": saved[0]}).status_code == 303


def test_nor_do_the_first_codes_of_all(owner):
    kit_codes.enable_app(owner)
    recovery_codes.make(owner, now=timezone.now())
    (code, *_rest) = recovery_codes.unsaved(owner.id)
    auth = load(_token(owner), now=timezone.now())
    assert auth is not None
    with pytest.raises(RecoveryCodeWrong):
        recovery_codes.use(auth=auth, code=code, actor=people.actor(owner), now=timezone.now())


def test_saying_saved_means_the_codes_that_were_on_the_page(owner, saved):
    maker, _codes = makes_codes(owner)
    page = maker.get(SAVE).content.decode()
    (seen,) = re.findall(r'name="set" value="([^"]+)"', page)
    # The same session makes others in another window.
    maker_id = Session.objects.filter(administrator=owner).latest("created_at").id
    again = recovery_codes.make(people.again(owner), now=timezone.now(), session_id=maker_id)
    codes = recovery_codes.unsaved(owner.id)
    assert maker.post(SAVE, {"saved": "on", "set": seen}).status_code == 303
    assert still_unsaved(owner, codes)
    assert maker.post(SAVE, {"saved": "on", "set": str(again.id)}).status_code == 303
    assert recovery_codes.unsaved(owner.id) == []


def test_codes_that_were_made_elsewhere_since_the_gate_looked_are_not_taken_over(owner, saved):
    started_token = _token(owner)
    auth = load(started_token, now=timezone.now())
    assert auth is not None
    actor = auth.actor(people.actor(owner).client)
    recovery_codes.make(owner, now=timezone.now(), session_id=actor.session_id)
    auth = load(started_token, now=timezone.now())
    assert auth is not None
    recovery_codes.make(owner, now=timezone.now())
    with pytest.raises(StaleRequest):
        recovery_codes.shown(auth=auth, actor=actor, now=timezone.now())
    recovery_codes.confirm_saved(administrator_id=owner.id, actor=actor, now=timezone.now())
    assert recovery_codes.left(owner.id) == 10
    assert len(recovery_codes.unsaved(owner.id)) == 10


@pytest.mark.django_db(transaction=True)
def test_two_sessions_that_look_at_once_have_one_owner_of_the_codes(owner):
    kit_codes.enable_app(owner)
    kit_codes.saved_codes(owner)
    tokens = [_token(owner), _token(owner)]
    recovery_codes.make(owner, now=timezone.now())
    found = [load(token, now=timezone.now()) for token in tokens]
    origin, now = people.actor(owner).client, timezone.now()
    at_once(
        [
            partial(recovery_codes.shown, auth=one, actor=one.actor(origin), now=now)
            for one in found
            if one
        ]
    )
    looked = [load(token, now=now) for token in tokens]
    owned = [one.facts.recovery_unsaved.own for one in looked]  # type: ignore[union-attr]
    assert sorted(owned) == [False, True]


def _token(person) -> str:
    """Return the token of a session in which password and app were verified just now."""
    browser = browsers.browser_of_with_factor(person)
    return browser.cookies[settings.SESSION_COOKIE_NAME].value
