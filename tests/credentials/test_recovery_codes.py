"""Recovery codes: made, shown until saved, replaced, and each person's own."""

from __future__ import annotations

from functools import partial

import pytest
from django.utils import timezone

from doorward.credentials.errors import NotEnabled, RecoveryCodeWrong
from doorward.credentials.models import RecoveryCode, RecoverySet
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.kernel.ratelimit import rules
from doorward.sessions.errors import StaleRequest
from doorward.sessions.issuing import Started
from tests.kit import codes as kit_codes
from tests.kit import people
from tests.kit.factors import saved_codes, use
from tests.kit.passkeys import begin
from tests.kit.racing import at_once


def test_ten_codes_are_shown_until_they_are_saved_then_never_again(owner):
    kit_codes.enable_app(owner)
    recovery_codes.make(owner, now=timezone.now())
    codes = recovery_codes.unsaved(owner.id)
    assert len(set(codes)) == 10
    assert recovery_codes.unsaved(owner.id) == codes
    recovery_codes.confirm_saved(
        administrator_id=owner.id, actor=people.actor(owner), now=timezone.now()
    )
    assert recovery_codes.unsaved(owner.id) == []
    assert RecoverySet.objects.get().sealed is None
    assert recovery_codes.left(owner.id) == 10


def test_no_code_is_stored(owner):
    codes = saved_codes(owner)
    stored = b"".join(
        bytes(one) for one in RecoveryCode.objects.values_list("keyed_hash", flat=True)
    )
    for code in codes:
        assert code.replace("-", "").encode() not in stored


def test_a_new_set_replaces_the_old_one_only_when_it_is_saved(owner):
    old = saved_codes(owner)
    recovery_codes.make_new(auth=begin(owner), actor=people.actor(owner), now=timezone.now())
    use(begin(owner), old[0], owner)
    new = recovery_codes.unsaved(owner.id)
    recovery_codes.confirm_saved(
        administrator_id=owner.id, actor=people.actor(owner), now=timezone.now()
    )
    with pytest.raises(RecoveryCodeWrong):
        use(begin(owner), old[1], owner)
    use(begin(owner), new[0], owner)


def test_somebody_elses_code_does_not_work(owner, outsider):
    codes = saved_codes(outsider)
    saved_codes(owner)
    with pytest.raises(RecoveryCodeWrong):
        use(begin(owner), codes[0], owner)
    assert recovery_codes.left(outsider.id) == 10


def test_codes_of_nobody_with_a_factor_are_not_made(owner):
    with pytest.raises(NotEnabled):
        recovery_codes.make_new(auth=begin(owner), actor=people.actor(owner), now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_right_codes_given_at_once_keep_nobody_waiting(owner):
    """Counted, looked at and consumed in one: none of them is a failure that another one has to wait for."""
    codes = saved_codes(owner)[: rules.FREE + 3]
    given = [(begin(owner), code) for code in codes]
    outcomes = at_once([partial(use, auth, code, owner) for auth, code in given])
    assert [type(one) for one in outcomes] == [Started] * len(codes), outcomes
    row = RecoverySet.objects.get()
    assert (row.unknown_failures, row.failures_in_a_row) == (0, 0)


def test_a_session_that_has_passed_burns_and_counts_nothing_more(owner):
    codes, auth = saved_codes(owner), begin(owner)
    use(auth, codes[0], owner)
    with pytest.raises(StaleRequest):
        use(auth, codes[1], owner)
    row = RecoverySet.objects.get()
    assert (row.unknown_failures, row.failures_in_a_row) == (0, 0)
    assert recovery_codes.left(owner.id) == 9


def test_a_wrong_code_is_counted_though_nothing_was_consumed(owner):
    saved_codes(owner)
    with pytest.raises(RecoveryCodeWrong):
        use(begin(owner), "AAAA" * 6, owner)
    row = RecoverySet.objects.get()
    assert (row.unknown_failures, row.failures_in_a_row) == (1, 1)
