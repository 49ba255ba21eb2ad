"""Turning 2FA off and removing one of several: what goes, what stays, whose proof serves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from doorward.credentials import removal
from doorward.credentials.errors import AnotherFactorWanted
from doorward.credentials.events import TWO_FACTOR_DISABLED
from doorward.credentials.models import Factor, RecoveryCode
from doorward.credentials.recovery_codes import codes
from doorward.kernel.errors import NotFound
from doorward.sessions.models import Session
from tests.kit import codes as kit_codes
from tests.kit import people
from tests.kit.factors import disable, remove, verify_code
from tests.kit.passkeys import begin, reload


def test_a_right_code_removes_everything_and_ends_the_other_sessions(owner, clock):
    secret = kit_codes.enable_app(owner)
    codes.make(owner, now=timezone.now())
    other, mine = begin(owner), begin(owner)
    disable(mine, kit_codes.code(secret))
    assert Factor.objects.count() == 0
    assert RecoveryCode.objects.count() == 0
    assert Session.objects.get(id=other.browser.session_id).ended_at is not None
    assert Session.objects.get(id=mine.browser.session_id).ended_at is None
    assert people.events(TWO_FACTOR_DISABLED)


def test_one_of_several_is_removed_with_a_fresh_proof_by_another(owner, clock):
    secret = kit_codes.enable_app(owner)
    clock.shift(timedelta(seconds=1))  # which one is older is asked for
    kit_codes.enable_app(owner, name="Tablet")
    auth = reload(verify_code(begin(owner), kit_codes.code(secret), owner))
    proved, other = Factor.objects.order_by("confirmed_at")
    with pytest.raises(AnotherFactorWanted):
        remove(auth, proved)
    assert Factor.objects.count() == 2
    remove(auth, other)
    assert Factor.objects.get().id == proved.id


def test_a_recovery_code_serves_to_remove_what_was_proved_before_it(owner, clock):
    secret = kit_codes.enable_app(owner)
    clock.shift(timedelta(seconds=1))  # which one is older is asked for
    kit_codes.enable_app(owner, name="Tablet")
    codes.make(owner, now=timezone.now())
    codes.confirm_saved(administrator_id=owner.id, actor=people.actor(owner), now=timezone.now())
    started = verify_code(begin(owner), kit_codes.code(secret), owner)
    Session.objects.update(recovery_at=timezone.now())
    remove(reload(started), Factor.objects.earliest("confirmed_at"))
    assert Factor.objects.get().name == "Tablet"


def test_somebody_elses_factor_is_not_there(owner, outsider):
    kit_codes.enable_app(outsider)
    kit_codes.enable_app(owner)
    with pytest.raises(NotFound):
        remove(begin(owner), Factor.objects.get(administrator=outsider))
    with pytest.raises(NotFound):
        removal.rename(
            Factor.objects.get(administrator=outsider).id,
            auth=begin(owner),
            name="Mine",
            actor=people.actor(owner),
        )
