"""Recovery codes that are not saved belong to the session that was shown them, and open nothing yet."""

from __future__ import annotations

import re
from functools import partial

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from doorward.administrators.models import Session
from doorward.core.errors import RecoveryCodeWrong, StaleRequest
from doorward.mfa import recovery
from doorward.mfa.facts import load
from tests import support
from tests.racing import at_once
from tests.threats.test_trusted_browser import give_password, trusting

pytestmark = pytest.mark.django_db

SAVE = "/sign-in/recovery-codes/"
CODES = re.compile(r"(?:[A-Z2-7]{4}-){5}[A-Z2-7]{4}")


def shows(browser: Client) -> list[str]:
    """Give all codes that any page of the sign-in shows this browser."""
    pages = ("/", "/security/", SAVE, f"{SAVE}text/", "/sign-in/code/")
    return [
        code
        for page in pages
        for code in CODES.findall(browser.get(page, follow=True).content.decode())
    ]


def makes_codes(person) -> tuple[Client, list[str]]:
    """Let the owner make new codes in a browser of theirs, and not say that they are saved."""
    owner = support.browser_of(person)
    assert owner.post("/security/recovery-codes/").status_code == 303
    return owner, recovery.unsaved(person.id)


def still_unsaved(person, codes) -> bool:
    return recovery.unsaved(person.id) == codes and recovery.left(person.id) == 10


@pytest.fixture
def saved(owner) -> list[str]:
    support.enable_app(owner)
    return support.saved_codes(owner)


def test_a_thief_in_a_trusted_browser_sees_none_and_confirms_none(owner, saved):
    thief = trusting(owner)
    _owner, codes = makes_codes(owner)
    give_password(thief, owner)
    assert shows(thief) == []
    answer = thief.post(SAVE, {"saved": "on"})
    assert answer["Location"] == "/sign-in/code/"
    assert still_unsaved(owner, codes)


def test_nor_does_another_session_whose_proof_is_old(owner, saved):
    other = support.browser_of(owner)
    _owner, codes = makes_codes(owner)
    support.age_proofs(owner)
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
    assert recovery.unsaved(owner.id) == codes


def test_another_session_sees_them_after_a_factor_and_from_then_on_they_are_its_own(owner, saved):
    maker, codes = makes_codes(owner)
    support.age_proofs(owner)
    other = support.browser_of(owner)
    assert shows(other)[:10] == codes
    assert shows(maker) == []
    assert maker.post(SAVE, {"saved": "on"})["Location"] == "/sign-in/code/"
    assert still_unsaved(owner, codes)
    assert other.post(SAVE, {"saved": "on"}).status_code == 303
    assert recovery.unsaved(owner.id) == []


def test_the_session_that_made_them_sees_them_until_ten_minutes_are_over(owner, saved, clock):
    maker, codes = makes_codes(owner)
    clock.shift(9 * 60 + 50)
    assert shows(maker)[:10] == codes
    clock.shift(10)
    assert shows(maker) == []
    assert maker.post("/sign-in/code/", {"code": support.next_code(owner)}).status_code == 303
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
    support.enable_app(owner)
    recovery.make(owner, now=timezone.now())
    (code, *_rest) = recovery.unsaved(owner.id)
    loaded = load(_token(owner))
    assert loaded is not None
    with pytest.raises(RecoveryCodeWrong):
        recovery.use(loaded=loaded, code=code, by=support.by(owner), now=timezone.now())


def test_saying_saved_means_the_codes_that_were_on_the_page(owner, saved):
    maker, _codes = makes_codes(owner)
    page = maker.get(SAVE).content.decode()
    (seen,) = re.findall(r'name="set" value="([^"]+)"', page)
    # The same session makes others in another window.
    maker_id = Session.objects.filter(administrator=owner).latest("created_at").id
    again = recovery.make(support.again(owner), now=timezone.now(), session_id=maker_id)
    codes = recovery.unsaved(owner.id)
    assert maker.post(SAVE, {"saved": "on", "set": seen}).status_code == 303
    assert still_unsaved(owner, codes)
    assert maker.post(SAVE, {"saved": "on", "set": str(again.id)}).status_code == 303
    assert recovery.unsaved(owner.id) == []


def test_codes_that_were_made_elsewhere_since_the_gate_looked_are_not_taken_over(owner, saved):
    started_token = _token(owner)
    loaded = load(started_token)
    assert loaded is not None
    by = loaded.by(support.by(owner).origin)
    recovery.make(owner, now=timezone.now(), session_id=by.session_id)
    loaded = load(started_token)
    assert loaded is not None
    recovery.make(owner, now=timezone.now())
    with pytest.raises(StaleRequest):
        recovery.shown(loaded=loaded, by=by, now=timezone.now())
    recovery.confirm_saved(administrator_id=owner.id, by=by, now=timezone.now())
    assert recovery.left(owner.id) == 10
    assert len(recovery.unsaved(owner.id)) == 10


@pytest.mark.django_db(transaction=True)
def test_two_sessions_that_look_at_once_have_one_owner_of_the_codes(owner):
    support.enable_app(owner)
    support.saved_codes(owner)
    tokens = [_token(owner), _token(owner)]
    recovery.make(owner, now=timezone.now())
    found = [load(token) for token in tokens]
    origin, now = support.by(owner).origin, timezone.now()
    at_once(
        [partial(recovery.shown, loaded=one, by=one.by(origin), now=now) for one in found if one]
    )
    owned = [load(token).facts.recovery_unsaved.own for token in tokens]  # type: ignore[union-attr]
    assert sorted(owned) == [False, True]


def _token(person) -> str:
    """Give the token of a session in which password and app were proved just now."""
    browser = support.browser_of_with_factor(person)
    return browser.cookies[settings.SESSION_COOKIE_NAME].value
