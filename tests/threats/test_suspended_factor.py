"""A device that was said to be lost verifies nothing, and is still there, so that a password alone does not do."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import Administrator, Standing
from doorward.credentials import removal, suspension
from doorward.credentials.errors import (
    AnotherFactorWanted,
    FactorDisabled,
    NothingSuspended,
    PasskeyNotOffered,
    RequiredCannotDisable,
    WrongCode,
)
from doorward.credentials.events import FACTOR_TAKEN_BACK, PROOF_FAILED
from doorward.credentials.models import Factor, TrustedBrowser
from doorward.credentials.passkeys.challenges import Purpose
from doorward.credentials.passkeys.verify import Given
from doorward.credentials.totp import verify as verify_totp
from doorward.gate.decision import next_step
from doorward.gate.requirement import Need, Step
from doorward.kernel.ratelimit import rules
from doorward.signin.take_back import take_back
from tests.kit import codes, passkeys, people
from tests.kit.factors import verify_code
from tests.kit.people import CHROME, PASSWORD
from tests.kit.racing import at_once

if TYPE_CHECKING:
    import time_machine

    from doorward.sessions.context import AuthContext
    from doorward.sessions.issuing import Started

pytestmark = pytest.mark.django_db


def suspend(person: Administrator, **named: str) -> None:
    with transaction.atomic():
        rows = Factor.objects.filter(administrator=person, **named)
        only = list(rows.values_list("id", flat=True))
        suspension.suspend(person.id, now=timezone.now(), only=only)


def took_back(auth: AuthContext, proof: str | Given, person: Administrator) -> Started:
    return take_back(auth=auth, proof=proof, actor=people.actor(person), now=timezone.now())


@pytest.fixture
def secret(clock: time_machine.Traveller, owner: Administrator) -> bytes:
    return codes.enable_app(owner)


def test_its_codes_verify_nothing(secret, owner):
    auth = passkeys.begin(owner)
    suspend(owner)
    for stale in (auth, passkeys.begin(owner)):  # as the session was loaded before, and after
        with pytest.raises(FactorDisabled):
            verify_code(stale, codes.code(secret), owner)
    with pytest.raises(FactorDisabled):
        verify_totp.reauthenticate(
            auth=auth, code=codes.code(secret), actor=people.actor(owner), now=timezone.now()
        )
    with pytest.raises(FactorDisabled):
        removal.disable(
            auth=auth, proof=codes.code(secret), actor=people.actor(owner), now=timezone.now()
        )
    assert people.events(PROOF_FAILED)


def test_its_passkey_verifies_nothing_and_does_not_stand_in_for_the_password(clock, owner):
    key = passkeys.add(owner)
    auth = passkeys.begin(owner)
    options = passkeys.asked(auth)
    passkeys.verify_second_step(passkeys.begin(owner), key)  # it has verified its user
    suspend(owner)
    with pytest.raises(PasskeyNotOffered):
        passkeys.asked(passkeys.begin(owner))
    with pytest.raises(FactorDisabled):
        passkeys.send_second_step(auth, key.get(options, passkeys.ORIGIN))
    with pytest.raises(FactorDisabled):
        passkeys.sign_in_alone(key)


def test_an_open_session_that_it_let_in_is_asked_again(secret, owner):
    auth = passkeys.reload(verify_code(passkeys.begin(owner), codes.code(secret), owner))
    assert next_step(auth.facts, Need.THROUGH, now=timezone.now()) is Step.THROUGH
    suspend(owner)
    seen = passkeys.begin(owner, factor_at=timezone.now(), factor_id=auth.factors[0].id)
    assert next_step(seen.facts, Need.THROUGH, now=timezone.now()) is Step.VERIFY_FACTOR


def test_a_password_alone_never_does_however_long_ago_it_was(secret, owner, clock):
    suspend(owner)
    for later in (timedelta(), timedelta(hours=25), timedelta(days=400)):
        clock.shift(later)
        for columns in ({}, {"from_link": True}, {"mailbox_at": timezone.now()}):
            auth = passkeys.begin(owner, **columns)
            step = next_step(auth.facts, Need.THROUGH, now=timezone.now())
            assert step is Step.VERIFY_FACTOR


def test_trust_ends_with_it(secret, owner):
    TrustedBrowser.objects.create(
        administrator=owner,
        token_hash=b"1" * 32,
        security_version=owner.security_version,
        required=False,
        kinds="any",
        trusted_at=timezone.now(),
        until=timezone.now() + timedelta(days=3),
    )
    suspend(owner)
    assert not TrustedBrowser.objects.exists()


def test_it_is_not_what_is_left_when_another_is_removed(secret, owner):
    """Who removes the last usable one may not: what is left verifies nothing."""
    codes.enable_app(owner, name="Tablet")
    suspend(owner, name="Pixel 9")
    Administrator.objects.of(owner.customer_id).update(require_2fa=True)
    tablet = Factor.objects.get(name="Tablet")
    auth = passkeys.begin(owner, factor_at=timezone.now(), factor_id=tablet.id)
    with pytest.raises((RequiredCannotDisable, AnotherFactorWanted)):
        removal.remove(tablet.id, auth=auth, actor=people.actor(owner), now=timezone.now())


def test_its_owner_takes_it_back_within_a_day_and_is_in_by_it(secret, owner, clock):
    suspend(owner)
    clock.shift(timedelta(hours=23, minutes=59))
    auth = passkeys.reload(took_back(passkeys.begin(owner), codes.code(secret), owner))
    assert next_step(auth.facts, Need.THROUGH, now=timezone.now()) is Step.THROUGH
    assert Factor.objects.get().suspended_at is None
    assert people.again(owner).standing == Standing.APP
    (event,) = people.events(FACTOR_TAKEN_BACK)
    assert event.typed == {"factor": "Pixel 9"}


def test_a_passkey_takes_itself_back(clock, owner):
    key = passkeys.add(owner)
    codes.enable_app(owner)
    suspend(owner)
    auth = passkeys.begin(owner)
    lost = suspension.can_be_taken_back(auth, now=timezone.now())
    answer = key.get(passkeys.asked(lost), passkeys.ORIGIN)
    took_back(auth, Given(answer, Purpose.SECOND_STEP, passkeys.PARTY), owner)
    suspended = dict(Factor.objects.values_list("name", "suspended_at"))
    assert suspended["Laptop"] is None
    assert suspended["Pixel 9"] is not None  # each by its own proof


def test_after_a_day_nothing_takes_it_back(secret, owner, clock):
    suspend(owner)
    auth = passkeys.begin(owner)
    clock.shift(timedelta(hours=24))
    for stale in (auth, passkeys.begin(owner)):
        with pytest.raises(NothingSuspended):
            took_back(stale, codes.code(secret), owner)
    assert Factor.objects.get().suspended_at is not None


def test_a_wrong_code_takes_nothing_back_and_is_counted(secret, owner):
    suspend(owner)
    before = Factor.objects.get().suspended_at
    for _ in range(rules.FREE):
        with pytest.raises(WrongCode):
            took_back(passkeys.begin(owner), "000000", owner)
    row = Factor.objects.get()
    assert (row.suspended_at, row.failures_in_a_row) == (before, rules.FREE)
    with pytest.raises(Exception, match="wait"):
        took_back(passkeys.begin(owner), codes.code(secret), owner)
    assert Factor.objects.get().suspended_at == before


def test_nobody_elses_is_taken_back(secret, owner, colleague):
    suspend(owner)
    other = codes.enable_app(colleague)
    suspend(colleague)
    with pytest.raises(WrongCode):
        took_back(passkeys.begin(owner), codes.code(other), owner)
    assert Factor.objects.filter(suspended_at__isnull=True).count() == 0


def test_over_the_pages_it_is_said_and_taken_back(secret, owner):
    suspend(owner)
    browser = Client(HTTP_USER_AGENT=CHROME)
    browser.post("/sign-in/", {"email": owner.email, "password": PASSWORD})
    page = browser.get("/sign-in/code/").content.decode()
    assert "/sign-in/take-back/" in page
    assert 'name="code"' not in page
    wrong = browser.post("/sign-in/take-back/", {"code": "000000"})
    assert wrong.status_code == 422
    answer = browser.post("/sign-in/take-back/", {"code": codes.code(secret)})
    assert answer.status_code == 303
    assert browser.get("/security/").status_code == 200
    assert "/sign-in/take-back/" not in browser.get("/security/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_takes_it_back_and_no_code_gets_in_meanwhile(owner):
    secret = codes.enable_app(owner)
    suspend(owner)
    code, auths = codes.code(secret), [passkeys.begin(owner) for _ in range(10)]
    calls = [
        partial(verify_code, auth, code, owner)
        if place % 2
        else partial(took_back, auth, code, owner)
        for place, auth in enumerate(auths)
    ]
    found = [one for one in at_once(calls) if not isinstance(one, Exception)]
    assert len(found) <= 1
    assert (Factor.objects.get().suspended_at is None) == bool(found)
