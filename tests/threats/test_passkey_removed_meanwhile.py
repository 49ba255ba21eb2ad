"""A passkey goes at the very moment that it signs in: no session is left of it, and nothing waits for ever."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.administrators.models import Administrator, Session
from doorward.core import errors
from doorward.mfa import services
from doorward.mfa.challenges import Purpose
from doorward.mfa.models import Factor, Passkey
from doorward.mfa.passkey_proving import Given
from tests import passkeys, support
from tests.passkeys import (
    ORIGIN,
    PARTY,
    WHERE,
    asked,
    asked_alone,
    begin,
    prove_second_step,
    reload,
)
from tests.racing import at_once

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person() -> Administrator:
    return support.make_administrator(support.make_customer())


def test_signing_in_while_2fa_is_disabled(person):
    mine, other = passkeys.add(person), passkeys.add(person, name="Phone")
    loaded = reload(prove_second_step(begin(person), mine))
    given = Given(mine.get(asked(loaded, Purpose.DISABLE), ORIGIN), Purpose.DISABLE, PARTY)
    by, now = loaded.by(WHERE), timezone.now()
    answers = [other.get(asked_alone(), ORIGIN) for _ in range(6)]
    calls: list[Callable[[], object]] = [partial(passkeys.send_alone, one) for one in answers]
    calls.insert(3, partial(services.disable, loaded=loaded, proof=given, by=by, now=now))
    outcomes = at_once(calls)
    broken = [one for one in outcomes if isinstance(one, Exception)]
    assert all(isinstance(one, errors.Refusal) for one in broken), broken
    assert not Passkey.objects.exists()
    version = support.again(person).security_version
    alive = Session.objects.filter(ended_at__isnull=True, security_version=version)
    assert [one.id for one in alive] == [loaded.browser.session_id]


def test_two_that_remove_each_other_leave_one_where_one_is_required(person):
    keys = passkeys.add(person), passkeys.add(person, name="Phone")
    Administrator.objects.of(person.customer_id).update(require_2fa=True)
    sessions = [reload(prove_second_step(begin(person), key)) for key in keys]
    laptop, phone = (Factor.objects.get(name=name) for name in ("Laptop", "Phone"))
    now = timezone.now()
    outcomes = at_once(
        [
            partial(services.remove, other.id, loaded=loaded, by=loaded.by(WHERE), now=now)
            for loaded, other in zip(sessions, (phone, laptop), strict=True)
        ]
    )
    assert Factor.objects.count() == Passkey.objects.count() == 1
    refused = [one for one in outcomes if one is not None]
    assert [type(one) for one in refused] == [errors.RequiredCannotDisable]
