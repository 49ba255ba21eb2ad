"""Setting up: what a right code turns on, and what follows in the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.administrators.models import MailedLink, Session
from doorward.audit.events import Kind
from doorward.core import errors, totp
from doorward.mfa import set_up
from doorward.mfa.models import Factor, RecoverySet, SetUp
from tests import support
from tests.mfa.test_proving import begin, reload

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


def test_an_app_that_was_disabled_by_wrong_codes_goes_when_another_is_set_up(owner, clock):
    support.enable_app(owner)
    Factor.objects.update(locked_at=timezone.now())
    loaded = begin(owner)
    confirm(loaded, support.code(show(loaded)), owner, name="New phone")
    assert [factor.name for factor in Factor.objects.all()] == ["New phone"]


def confirm_shown(loaded: Loaded, person: Administrator, code: str) -> Started:
    show(loaded)
    return confirm(loaded, code, person)


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
