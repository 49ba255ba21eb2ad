"""Recovery codes: made, shown until saved, replaced, and each person's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.core import errors
from doorward.mfa import recovery
from doorward.mfa.models import RecoveryCode, RecoverySet
from tests import support
from tests.mfa.test_proving import begin

if TYPE_CHECKING:
    from doorward.administrators.models import Administrator
    from doorward.administrators.sessions import Started
    from doorward.mfa.facts import Loaded


def use(loaded: Loaded, code: str, person: Administrator) -> Started:
    return recovery.use(loaded=loaded, code=code, by=support.by(person), now=timezone.now())


def saved_codes(person: Administrator) -> list[str]:
    support.enable_app(person)
    recovery.make(person, now=timezone.now())
    codes = recovery.unsaved(person.id)
    recovery.confirm_saved(administrator_id=person.id, by=support.by(person), now=timezone.now())
    return codes


def test_ten_codes_are_shown_until_they_are_saved_then_never_again(owner):
    support.enable_app(owner)
    recovery.make(owner, now=timezone.now())
    codes = recovery.unsaved(owner.id)
    assert len(set(codes)) == 10
    assert recovery.unsaved(owner.id) == codes
    recovery.confirm_saved(administrator_id=owner.id, by=support.by(owner), now=timezone.now())
    assert recovery.unsaved(owner.id) == []
    assert RecoverySet.objects.get().sealed is None
    assert recovery.left(owner.id) == 10


def test_no_code_is_stored(owner):
    codes = saved_codes(owner)
    stored = b"".join(
        bytes(one) for one in RecoveryCode.objects.values_list("fingerprint", flat=True)
    )
    for code in codes:
        assert code.replace("-", "").encode() not in stored


def test_a_new_set_replaces_the_old_one_only_when_it_is_saved(owner):
    old = saved_codes(owner)
    recovery.make_new(loaded=begin(owner), by=support.by(owner), now=timezone.now())
    use(begin(owner), old[0], owner)
    new = recovery.unsaved(owner.id)
    recovery.confirm_saved(administrator_id=owner.id, by=support.by(owner), now=timezone.now())
    with pytest.raises(errors.RecoveryCodeWrong):
        use(begin(owner), old[1], owner)
    use(begin(owner), new[0], owner)


def test_somebody_elses_code_does_not_work(owner, outsider):
    codes = saved_codes(outsider)
    saved_codes(owner)
    with pytest.raises(errors.RecoveryCodeWrong):
        use(begin(owner), codes[0], owner)
    assert recovery.left(outsider.id) == 10


def test_codes_of_nobody_with_a_factor_are_not_made(owner):
    with pytest.raises(errors.NotEnabled):
        recovery.make_new(loaded=begin(owner), by=support.by(owner), now=timezone.now())
