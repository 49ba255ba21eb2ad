"""A factor that was begun and not confirmed counts for nothing: it neither protects nor opens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from doorward.credentials.errors import (
    FactorDisabled,
    NotEnabled,
    RecoveryCodeWrong,
    SetUpExpired,
    WrongCode,
)
from doorward.credentials.models import Factor, RecoverySet, SetUp
from doorward.credentials.recovery_codes import codes as recovery_codes
from tests.kit import browsers, people
from tests.kit import codes as kit_codes
from tests.kit.factors import confirm, disable, require, show, use, verify_code
from tests.kit.passkeys import begin

pytestmark = pytest.mark.django_db


def test_nothing_is_on_until_a_right_code(owner):
    auth = begin(owner)
    show(auth)
    with pytest.raises(WrongCode):
        confirm(auth, "000000", owner)
    assert Factor.objects.count() == 0
    assert RecoverySet.objects.count() == 0


def test_the_same_secret_for_ten_minutes_then_another(owner, clock):
    auth = begin(owner)
    first = show(auth)
    clock.shift(timedelta(minutes=9, seconds=59))
    assert show(auth) == first
    clock.shift(timedelta(seconds=1))
    with pytest.raises(SetUpExpired):
        confirm(auth, kit_codes.code(first), owner)
    assert show(auth) != first


def test_what_was_shown_and_not_confirmed_is_no_second_step(owner):
    browser = browsers.browser_of(owner)
    assert browser.get("/security/2fa/enable/").status_code == 200
    assert SetUp.objects.count() == 1
    other = Client()
    form = {"email": owner.email, "password": people.PASSWORD, "next": ""}
    assert other.post("/sign-in/", form).status_code == 303
    assert other.get("/").status_code == 200, "no code is asked for: there is no factor yet"


def test_nor_is_it_what_is_required(owner):
    browser = browsers.browser_of(owner)
    browser.get("/security/2fa/enable/")
    require(owner)
    assert browser.get("/")["Location"] == "/sign-in/mailbox/"
    assert browser.post("/security/2fa/enable/", {"code": "000000"}).status_code == 303
    assert not Factor.objects.exists()


def test_nor_a_proof_that_something_else_wants(owner, clock):
    """A code of the secret that is being shown is no reauthentication and signs in nobody."""
    auth = begin(owner)
    code = kit_codes.code(show(auth))
    with pytest.raises(FactorDisabled):
        verify_code(auth, code, owner)
    with pytest.raises(NotEnabled):
        disable(auth, code)


def test_codes_of_a_set_up_that_was_undone_are_gone_with_it(owner, clock):
    auth = begin(owner)
    secret = show(auth)
    confirm(auth, kit_codes.code(secret), owner)
    codes = recovery_codes.unsaved(owner.id)
    clock.shift(timedelta(minutes=1))
    after = begin(people.again(owner))
    disable(after, kit_codes.code(secret))
    with pytest.raises(RecoveryCodeWrong):
        use(begin(people.again(owner)), codes[0], owner)
