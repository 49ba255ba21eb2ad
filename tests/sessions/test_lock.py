"""A person's lock, taken by the statement that counts a try: who is right goes on to the person's row."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.credentials import counted_tries, removal
from doorward.credentials.models import Factor
from doorward.kernel.errors import Refusal
from doorward.kernel.ratelimit import throttle
from doorward.sessions.lock import hold
from tests.kit import codes
from tests.kit.factors import verify_code
from tests.kit.passkeys import begin
from tests.kit.racing import at_once

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="who writes there is alone"),
]


@pytest.fixture
def factor(owner):
    codes.enable_app(owner)
    return Factor.objects.get()


def count(factor, *, known=True):
    now = timezone.now()
    return throttle.count_row(
        counted_tries.tried, factor.id, known=known, address="192.0.2.1", now=now
    )


def is_free(person):
    def take():
        with transaction.atomic():
            people = Administrator.objects.everywhere().filter(id=person.id)
            people.select_for_update(no_key=True, nowait=True).get()

    [found] = at_once([take])
    assert found is None or isinstance(found, OperationalError), found
    return found is None


@pytest.mark.parametrize("known", [True, False], ids=["known browser", "new browser"])
def test_whoever_counts_a_try_has_it(owner, factor, known):
    for _ in range(2):  # the statement is written once
        with transaction.atomic():
            assert is_free(owner)
            assert count(factor, known=known) == 1
            assert not is_free(owner)
    assert is_free(owner)


def test_whoever_may_not_try_counts_nothing(owner, factor):
    Factor.objects.update(locked_at=timezone.now())
    with transaction.atomic():
        assert count(factor) == 0


def test_nobody_waits_in_a_ring_with_whoever_removes_the_factors(owner):
    def remove():
        with transaction.atomic():
            hold(owner.id)
            removal.remove_all(owner.id)

    for _ in range(10):
        first, _second = codes.enable_app(owner), codes.enable_app(owner)
        signing_in = [begin(owner, known_browser=bool(number % 2)) for number in range(4)]
        calls: list[Callable[[], object]] = [remove, remove]
        calls += [partial(verify_code, one, codes.code(first), owner) for one in signing_in]
        found = at_once(calls)
        broken = [one for one in found if isinstance(one, Exception)]
        assert all(isinstance(one, Refusal) for one in broken), broken
