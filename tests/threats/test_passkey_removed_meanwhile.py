"""A passkey goes at the very moment that it signs in: no session is left of it, and nothing waits for ever."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.credentials import removal
from doorward.credentials.errors import RequiredCannotDisable
from doorward.credentials.models import Factor, Passkey
from doorward.credentials.passkeys.challenges import Purpose
from doorward.credentials.passkeys.verify import Given
from doorward.kernel.errors import Refusal
from doorward.sessions.models import Session
from tests.kit import passkeys, people
from tests.kit.passkeys import (
    ORIGIN,
    PARTY,
    WHERE,
    asked,
    asked_alone,
    begin,
    reload,
    verify_second_step,
)
from tests.kit.racing import at_once

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person() -> Administrator:
    return people.make_administrator(people.make_customer())


def test_signing_in_while_2fa_is_disabled(person):
    mine, other = passkeys.add(person), passkeys.add(person, name="Phone")
    auth = reload(verify_second_step(begin(person), mine))
    given = Given(mine.get(asked(auth, Purpose.DISABLE), ORIGIN), Purpose.DISABLE, PARTY)
    actor, now = auth.actor(WHERE), timezone.now()
    answers = [other.get(asked_alone(), ORIGIN) for _ in range(6)]
    calls: list[Callable[[], object]] = [partial(passkeys.send_alone, one) for one in answers]
    calls.insert(3, partial(removal.disable, auth=auth, proof=given, actor=actor, now=now))
    outcomes = at_once(calls)
    broken = [one for one in outcomes if isinstance(one, Exception)]
    assert all(isinstance(one, Refusal) for one in broken), broken
    assert not Passkey.objects.exists()
    version = people.again(person).security_version
    alive = Session.objects.filter(ended_at__isnull=True, security_version=version)
    assert [one.id for one in alive] == [auth.browser.session_id]


def test_two_that_remove_each_other_leave_one_where_one_is_required(person):
    keys = passkeys.add(person), passkeys.add(person, name="Phone")
    Administrator.objects.of(person.customer_id).update(require_2fa=True)
    sessions = [reload(verify_second_step(begin(person), key)) for key in keys]
    laptop, phone = (Factor.objects.get(name=name) for name in ("Laptop", "Phone"))
    now = timezone.now()
    outcomes = at_once(
        [
            partial(removal.remove, other.id, auth=auth, actor=auth.actor(WHERE), now=now)
            for auth, other in zip(sessions, (phone, laptop), strict=True)
        ]
    )
    assert Factor.objects.count() == Passkey.objects.count() == 1
    refused = [one for one in outcomes if one is not None]
    assert [type(one) for one in refused] == [RequiredCannotDisable]
