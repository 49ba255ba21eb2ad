"""Recovery codes: made, shown until saved, replaced, and each person's own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.administrators.sessions import Started
from doorward.core import attempts, errors
from doorward.mfa import recovery
from doorward.mfa.models import RecoveryCode, RecoverySet
from tests import support
from tests.mfa.test_proving import begin
from tests.racing import at_once

if TYPE_CHECKING:
    from doorward.administrators.models import Administrator
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


@pytest.mark.django_db(transaction=True)
def test_right_codes_given_at_once_keep_nobody_waiting(owner):
    """Counted, looked at and burnt in one: none of them is a failure that another one has to wait for."""
    codes = saved_codes(owner)[: attempts.FREE + 3]
    given = [(begin(owner), code) for code in codes]
    outcomes = at_once([partial(use, loaded, code, owner) for loaded, code in given])
    assert [type(one) for one in outcomes] == [Started] * len(codes), outcomes
    row = RecoverySet.objects.get()
    assert (row.unknown_failures, row.failures_in_a_row) == (0, 0)


def test_a_session_that_has_passed_burns_and_counts_nothing_more(owner):
    codes, loaded = saved_codes(owner), begin(owner)
    use(loaded, codes[0], owner)
    with pytest.raises(errors.StaleRequest):
        use(loaded, codes[1], owner)
    row = RecoverySet.objects.get()
    assert (row.unknown_failures, row.failures_in_a_row) == (0, 0)
    assert recovery.left(owner.id) == 9


def test_a_wrong_code_is_counted_though_nothing_was_burnt(owner):
    saved_codes(owner)
    with pytest.raises(errors.RecoveryCodeWrong):
        use(begin(owner), "AAAA" * 6, owner)
    row = RecoverySet.objects.get()
    assert (row.unknown_failures, row.failures_in_a_row) == (1, 1)
