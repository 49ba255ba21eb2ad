"""Two factors are required: they are not turned off, by whatever verb, order, form or moment it is tried."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from doorward.credentials.errors import RequiredCannotDisable
from doorward.credentials.events import (
    FACTOR_REMOVE_REFUSED,
    TWO_FACTOR_DISABLE_REFUSED,
    TWO_FACTOR_DISABLED,
)
from doorward.credentials.models import Factor
from doorward.kernel.errors import Refusal
from tests.kit import browsers, people, policies
from tests.kit import codes as kit_codes
from tests.kit.factors import disable, remove, require, saved_codes, verify_code
from tests.kit.passkeys import begin, reload
from tests.kit.racing import at_once
from tests.whole.routes import METHODS

pytestmark = pytest.mark.django_db


def test_it_is_refused_where_required_and_the_code_is_not_consumed(owner, clock):
    secret = kit_codes.enable_app(owner)
    require(owner)
    with pytest.raises(RequiredCannotDisable):
        disable(begin(owner), kit_codes.code(secret))
    assert Factor.objects.count() == 1
    assert people.events(TWO_FACTOR_DISABLE_REFUSED)[0].outcome == "refused"


def test_a_requirement_that_came_after_the_page_was_loaded_holds(owner, clock):
    secret = kit_codes.enable_app(owner)
    auth = begin(owner)  # its facts say: not required
    require(owner)
    with pytest.raises(RequiredCannotDisable):
        disable(auth, kit_codes.code(secret))
    assert Factor.objects.count() == 1


def test_removing_one_after_the_other_does_not_get_around_it(owner, clock):
    secret = kit_codes.enable_app(owner)
    clock.shift(timedelta(seconds=1))  # which one is older is asked for
    kit_codes.enable_app(owner, name="Tablet")
    require(owner)
    auth = reload(verify_code(begin(owner), kit_codes.code(secret), owner))
    first, second = Factor.objects.order_by("confirmed_at")
    remove(auth, second)
    alone = replace(auth, factors=auth.factors[:1])
    with pytest.raises(RequiredCannotDisable):
        remove(alone, first)
    assert Factor.objects.count() == 1
    assert people.events(FACTOR_REMOVE_REFUSED)


def test_a_disabled_app_does_not_count_as_the_one_that_stays(owner, clock):
    kit_codes.enable_app(owner)
    clock.shift(timedelta(seconds=1))  # which one is older is asked for
    kit_codes.enable_app(owner, name="Tablet")
    require(owner)
    works, locked = Factor.objects.order_by("confirmed_at")
    Factor.objects.filter(id=locked.id).update(locked_at=timezone.now())
    with pytest.raises(RequiredCannotDisable):
        remove(begin(owner), works)


@pytest.mark.django_db(transaction=True)
def test_both_of_two_removed_at_once_leave_one_where_required():
    person = people.make_administrator(people.make_customer())
    kit_codes.enable_app(person)
    kit_codes.enable_app(person, name="Tablet")
    require(person)
    auth = begin(person)
    factors = list(Factor.objects.all())
    at_once([partial(remove, auth, one) for one in factors])
    assert Factor.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_required_and_disabled_at_once_never_ends_with_neither():
    person = people.make_administrator(people.make_customer())
    code = kit_codes.code(kit_codes.enable_app(person))
    auth = begin(person)
    at_once([lambda: disable(auth, code), lambda: require(person)])
    # Either the factor is still there, or it went before it was required: the gate asks for a new one.
    assert Factor.objects.count() == 1 or not people.events(TWO_FACTOR_DISABLE_REFUSED)
    assert people.again(person).require_2fa


# --- over the pages -------------------------------------------------------------------------------


@pytest.fixture
def required(owner, clock):
    """Return a browser of somebody of whom two factors are required, with two apps."""
    kit_codes.enable_app(owner)
    clock.shift(timedelta(seconds=1))
    kit_codes.enable_app(owner, name="Tablet")
    browser = browsers.browser_of(owner)
    require(owner)
    assert browser.get("/security/").status_code == 200
    return browser


@pytest.mark.parametrize("method", METHODS)
def test_no_verb_does_it(required, owner, method):
    form = {"code": kit_codes.next_code(owner), "remove": "on", "confirm": "on", "name": "x"}
    body = urlencode(form)
    for factor in owner.factors.order_by("-confirmed_at"):
        for path in ("/security/2fa/disable/", f"/security/factors/{factor.id}/"):
            headers = {"X-HTTP-Method-Override": "DELETE"}
            kind = "application/x-www-form-urlencoded"
            answer = required.generic(f"{method}", path, body, kind, headers=headers)
            assert answer.status_code in {200, 303, 405, 422}, (path, method)
    # One of the two may go, by the form for it; the last one stays.
    assert owner.factors.count() == (1 if method == "POST" else 2)
    assert not people.events(TWO_FACTOR_DISABLED)


def test_the_page_and_the_menu_do_not_offer_it(required):
    assert "/security/2fa/disable/" not in required.get("/").content.decode()
    page = required.get("/security/").content.decode()
    assert "requires two-factor sign-in" in page


@pytest.mark.parametrize("holds", ["tick", "policy", "minimum", "brand"])
def test_whoever_requires_it(owner, clock, holds):
    secret = kit_codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    clock.shift(timedelta(seconds=60))
    match holds:
        case "tick":
            require(owner)
        case "policy":
            in_a_month = (timezone.now() + timedelta(days=30)).date()
            policies.require(owner.customer_id, from_day=in_a_month)
        case "minimum":
            policies.require_by_minimum(owner.customer_id)
        case _:
            policies.require_by_brand(owner.customer.brand_id)
    answer = browser.post("/security/2fa/disable/", {"code": kit_codes.code(secret)})
    assert answer.status_code == 422
    assert Factor.objects.count() == 1


def test_the_row_of_a_recovery_code_does_not_open_it(required, owner, clock):
    """With a recovery code the lost device may go, and never the last one."""
    codes = saved_codes(owner)
    browser = Client()
    browser.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD})
    assert browser.post("/sign-in/recovery/", {"code": codes[0]}).status_code == 303
    for factor in owner.factors.all():
        browser.post(f"/security/factors/{factor.id}/", {"remove": "on", "name": ""})
    assert owner.factors.count() == 1
    assert people.events(FACTOR_REMOVE_REFUSED)


@pytest.mark.django_db(transaction=True)
def test_all_of_three_removed_and_disabled_at_once_leave_one():
    person = people.make_administrator(people.make_customer())
    secrets = [kit_codes.enable_app(person, name=name) for name in ("Phone", "Tablet", "Watch")]
    require(person)
    auth = begin(person)
    factors = list(Factor.objects.all())
    calls = [partial(remove, auth, one) for one in factors] * 8
    calls += [partial(disable, auth, kit_codes.code(secret)) for secret in secrets] * 2
    found = at_once(calls)
    assert Factor.objects.filter(administrator=person).count() == 1
    assert all(one is None or isinstance(one, Refusal) for one in found), found
