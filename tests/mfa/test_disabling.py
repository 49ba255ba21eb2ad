"""Turning 2FA off and removing one of several: what goes, what stays, whose proof serves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.administrators.models import Administrator, Session
from doorward.audit.events import Kind
from doorward.core import errors
from doorward.mfa import recovery, services
from doorward.mfa.models import Factor, RecoveryCode
from tests import support
from tests.mfa.test_proving import begin, prove, reload

if TYPE_CHECKING:
    from doorward.mfa.facts import Loaded


def disable(loaded: Loaded, code: str) -> None:
    by = loaded.by(support.by(support.again_by_id(loaded.person.id)).origin)
    services.disable(loaded=loaded, proof=code, by=by, now=timezone.now())


def remove(loaded: Loaded, factor: Factor) -> None:
    by = loaded.by(support.by(support.again_by_id(loaded.person.id)).origin)
    services.remove(factor.id, loaded=loaded, by=by, now=timezone.now())


def require(person: Administrator) -> None:
    Administrator.objects.of(person.customer_id).filter(id=person.id).update(require_2fa=True)


def test_a_right_code_removes_everything_and_ends_the_other_sessions(owner, clock):
    secret = support.enable_app(owner)
    recovery.make(owner, now=timezone.now())
    other, mine = begin(owner), begin(owner)
    disable(mine, support.code(secret))
    assert Factor.objects.count() == 0
    assert RecoveryCode.objects.count() == 0
    assert Session.objects.get(id=other.browser.session_id).ended_at is not None
    assert Session.objects.get(id=mine.browser.session_id).ended_at is None
    assert support.events(Kind.TWO_FACTOR_DISABLED)


def test_one_of_several_is_removed_with_a_fresh_proof_by_another(owner, clock):
    secret = support.enable_app(owner)
    clock.shift(timedelta(seconds=1))  # which one is older is asked for
    support.enable_app(owner, name="Tablet")
    loaded = reload(prove(begin(owner), support.code(secret), owner))
    proved, other = Factor.objects.order_by("confirmed_at")
    with pytest.raises(errors.AnotherFactorWanted):
        remove(loaded, proved)
    assert Factor.objects.count() == 2
    remove(loaded, other)
    assert Factor.objects.get().id == proved.id


def test_a_recovery_code_serves_to_remove_what_was_proved_before_it(owner, clock):
    secret = support.enable_app(owner)
    clock.shift(timedelta(seconds=1))  # which one is older is asked for
    support.enable_app(owner, name="Tablet")
    recovery.make(owner, now=timezone.now())
    recovery.confirm_saved(administrator_id=owner.id, by=support.by(owner), now=timezone.now())
    started = prove(begin(owner), support.code(secret), owner)
    Session.objects.update(recovery_at=timezone.now())
    remove(reload(started), Factor.objects.earliest("confirmed_at"))
    assert Factor.objects.get().name == "Tablet"


def test_somebody_elses_factor_is_not_there(owner, outsider):
    support.enable_app(outsider)
    support.enable_app(owner)
    with pytest.raises(errors.NotFound):
        remove(begin(owner), Factor.objects.get(administrator=outsider))
    with pytest.raises(errors.NotFound):
        services.rename(
            Factor.objects.get(administrator=outsider).id,
            loaded=begin(owner),
            name="Mine",
            by=support.by(owner),
        )
