"""Setting up: what a right code turns on, and what follows in the same transaction."""

from __future__ import annotations

import pytest
from django.utils import timezone

from doorward.accounts.models import MailedLink
from doorward.credentials.events import TWO_FACTOR_ENABLED
from doorward.credentials.models import Factor, RecoverySet, SetUp
from doorward.credentials.totp import rules
from doorward.kernel.errors import TextInvalid, TextTooLong
from doorward.sessions.models import Session
from tests.kit import codes, people
from tests.kit.factors import confirm, show
from tests.kit.passkeys import begin, reload


def test_a_right_code_turns_it_on_with_codes_event_and_link_in_one(owner):
    other = begin(owner)
    auth = begin(owner)
    started = confirm(auth, codes.code(show(auth)), owner, name="Pixel 9")
    factor = Factor.objects.get(administrator=owner)
    assert factor.name == "Pixel 9"
    assert RecoverySet.objects.filter(administrator=owner, saved_at=None).count() == 1
    assert SetUp.objects.count() == 0
    event = people.events(TWO_FACTOR_ENABLED)[0]
    assert MailedLink.objects.get(id=event.details["link"]).about == factor.id
    after = reload(started)
    assert after.facts.session is not None
    assert after.facts.session.factor_id == factor.id
    assert after.facts.session.security_version == after.facts.security_version
    assert Session.objects.get(id=other.browser.session_id).ended_at is not None


def test_an_app_that_was_disabled_by_wrong_codes_goes_when_another_is_set_up(owner, clock):
    codes.enable_app(owner)
    Factor.objects.update(locked_at=timezone.now())
    auth = begin(owner)
    confirm(auth, codes.code(show(auth)), owner, name="New phone")
    assert [factor.name for factor in Factor.objects.all()] == ["New phone"]


def test_the_secret_is_sealed_at_rest(owner):
    auth = begin(owner)
    secret = show(auth)
    for stored in (bytes(SetUp.objects.get().sealed),):
        assert secret not in stored
        assert rules.base32(secret).encode() not in stored
    confirm(auth, codes.code(secret), owner)
    assert secret not in bytes(Factor.objects.get().sealed or b"")


@pytest.mark.parametrize("name", ["\x00", "a\nb", "x" * 61, "\u202eevil"])
def test_a_bad_name_changes_nothing_and_uses_no_code_up(owner, clock, name):
    auth = begin(owner)
    code = codes.code(show(auth))
    with pytest.raises((TextInvalid, TextTooLong)):
        confirm(auth, code, owner, name=name)
    assert Factor.objects.count() == 0
    confirm(auth, code, owner, name="Phone")
