"""Setting up: a secret that was shown counts for nothing until a right code was given."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.administrators.models import MailedLink, Session
from doorward.audit.events import Kind
from doorward.core import attempts, errors, totp
from doorward.mfa import set_up
from doorward.mfa.models import Factor, RecoverySet, SetUp
from tests import support
from tests.mfa.test_proving import begin, prove, reload
from tests.racing import at_once

if TYPE_CHECKING:
    from doorward.administrators.models import Administrator
    from doorward.administrators.sessions import Started
    from doorward.mfa.facts import Loaded


def show(loaded: Loaded) -> bytes:
    return set_up.begin(session_id=loaded.browser.session_id, now=timezone.now())


def confirm(loaded: Loaded, code: str, person: Administrator, name: str = "") -> Started:
    by = loaded.by(support.by(person).origin)
    return set_up.confirm(loaded=loaded, code=code, name=name, by=by, now=timezone.now())


def test_a_right_code_turns_it_on_with_codes_event_and_link_in_one(owner):
    other = begin(owner)
    loaded = begin(owner)
    started = confirm(loaded, support.code(show(loaded)), owner, name="Pixel 9")
    factor = Factor.objects.get(administrator=owner)
    assert factor.name == "Pixel 9"
    assert RecoverySet.objects.filter(administrator=owner, saved_at=None).count() == 1
    assert SetUp.objects.count() == 0
    event = support.events(Kind.TWO_FACTOR_ENABLED)[0]
    assert MailedLink.objects.get(id=event.details["link"]).about == factor.id
    after = reload(started)
    assert after.facts.session is not None
    assert after.facts.session.factor_id == factor.id
    assert after.facts.session.security_version == after.facts.security_version
    assert Session.objects.get(id=other.browser.session_id).ended_at is not None


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


def test_another_browser_of_the_same_person_sees_another_secret(owner):
    mine, thief = begin(owner), begin(owner)
    secret = show(mine)
    assert show(thief) != secret
    with pytest.raises(errors.WrongCode):
        confirm(thief, support.code(secret), owner)


def test_it_never_overwrites_a_factor_that_works(owner, clock):
    loaded = begin(owner)
    working = support.enable_app(owner)
    stale = loaded  # its facts are from before the factor was there
    with pytest.raises(errors.AlreadyEnabled):
        confirm(stale, support.code(show(stale)), owner)
    prove(begin(owner), support.code(working), owner)


def test_a_further_app_leaves_the_first_one_working(owner, clock):
    first = support.enable_app(owner)
    loaded = reload(prove(begin(owner), support.code(first), owner))
    confirm(loaded, support.code(show(loaded)), owner, name="Tablet")
    clock.shift(timedelta(seconds=60))
    prove(begin(support.again(owner)), support.code(first), owner)
    assert len(support.events(Kind.FACTOR_ADDED)) == 1


def test_an_app_that_was_disabled_by_wrong_codes_goes_when_another_is_set_up(owner, clock):
    support.enable_app(owner)
    Factor.objects.update(locked_at=timezone.now())
    loaded = begin(owner)
    confirm(loaded, support.code(show(loaded)), owner, name="New phone")
    assert [factor.name for factor in Factor.objects.all()] == ["New phone"]


def test_five_codes_are_free_then_they_wait_like_any_others_in_this_session_alone(owner, clock):
    loaded, other = begin(owner), begin(owner)
    code = support.code(show(loaded))
    for _ in range(attempts.FREE):
        with pytest.raises(errors.WrongCode):
            confirm(loaded, "000000", owner)
    with pytest.raises(errors.MustWait) as refused:
        confirm(loaded, code, owner)
    assert refused.value.seconds == attempts.FIRST_WAIT
    with pytest.raises(errors.WrongCode):
        confirm_shown(other, owner, "000000")
    clock.shift(timedelta(seconds=attempts.FIRST_WAIT))
    confirm(loaded, code, owner)


def confirm_shown(loaded: Loaded, person: Administrator, code: str) -> Started:
    show(loaded)
    return confirm(loaded, code, person)


@pytest.mark.django_db(transaction=True)
def test_no_more_than_the_free_codes_are_looked_at_however_many_come_at_once():
    person = support.make_administrator(support.make_customer())
    loaded = begin(person)
    show(loaded)
    found = at_once([partial(confirm, loaded, "000000", person)] * 20)
    assert sum(isinstance(one, errors.WrongCode) for one in found) == attempts.FREE, found
    assert sum(isinstance(one, errors.MustWait) for one in found) == 20 - attempts.FREE


def test_the_secret_is_sealed_at_rest(owner):
    loaded = begin(owner)
    secret = show(loaded)
    for stored in (bytes(SetUp.objects.get().sealed),):
        assert secret not in stored
        assert totp.base32(secret).encode() not in stored
    confirm(loaded, support.code(secret), owner)
    assert secret not in bytes(Factor.objects.get().sealed or b"")


@pytest.mark.parametrize("name", ["\x00", "a\nb", "x" * 61, "\u202eevil"])
def test_a_bad_name_changes_nothing_and_uses_no_code_up(owner, clock, name):
    loaded = begin(owner)
    code = support.code(show(loaded))
    with pytest.raises((errors.TextInvalid, errors.TextTooLong)):
        confirm(loaded, code, owner, name=name)
    assert Factor.objects.count() == 0
    confirm(loaded, code, owner, name="Phone")
