"""A factor that was begun and not confirmed counts for nothing: it neither protects nor opens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from doorward.core import errors
from doorward.mfa import recovery
from doorward.mfa.models import Factor, RecoverySet, SetUp
from tests import support
from tests.mfa.test_disabling import disable, require
from tests.mfa.test_proving import begin, prove
from tests.mfa.test_recovery import use
from tests.mfa.test_set_up import confirm, show

pytestmark = pytest.mark.django_db


def test_nothing_is_on_until_a_right_code(owner):
    loaded = begin(owner)
    show(loaded)
    with pytest.raises(errors.WrongCode):
        confirm(loaded, "000000", owner)
    assert Factor.objects.count() == 0
    assert RecoverySet.objects.count() == 0


def test_the_same_secret_for_ten_minutes_then_another(owner, clock):
    loaded = begin(owner)
    first = show(loaded)
    clock.shift(timedelta(minutes=9, seconds=59))
    assert show(loaded) == first
    clock.shift(timedelta(seconds=1))
    with pytest.raises(errors.SetUpExpired):
        confirm(loaded, support.code(first), owner)
    assert show(loaded) != first


def test_what_was_shown_and_not_confirmed_is_no_second_step(owner):
    browser = support.browser_of(owner)
    assert browser.get("/security/2fa/enable/").status_code == 200
    assert SetUp.objects.count() == 1
    other = Client()
    form = {"email": owner.email, "password": support.PASSWORD, "next": ""}
    assert other.post("/sign-in/", form).status_code == 303
    assert other.get("/").status_code == 200, "no code is asked for: there is no factor yet"


def test_nor_is_it_what_is_required(owner):
    browser = support.browser_of(owner)
    browser.get("/security/2fa/enable/")
    require(owner)
    assert browser.get("/")["Location"] == "/sign-in/mailbox/"
    assert browser.post("/security/2fa/enable/", {"code": "000000"}).status_code == 303
    assert not Factor.objects.exists()


def test_nor_a_proof_that_something_else_wants(owner, clock):
    """A code of the secret that is being shown is no fresh proof and signs in nobody."""
    loaded = begin(owner)
    code = support.code(show(loaded))
    with pytest.raises(errors.FactorDisabled):
        prove(loaded, code, owner)
    with pytest.raises(errors.NotEnabled):
        disable(loaded, code)


def test_codes_of_a_set_up_that_was_undone_are_gone_with_it(owner, clock):
    loaded = begin(owner)
    secret = show(loaded)
    confirm(loaded, support.code(secret), owner)
    codes = recovery.unsaved(owner.id)
    clock.shift(timedelta(minutes=1))
    after = begin(support.again(owner))
    disable(after, support.code(secret))
    with pytest.raises(errors.RecoveryCodeWrong):
        use(begin(support.again(owner)), codes[0], owner)
