"""Factors in tests: setting up, verifying, using recovery codes, disabling and removing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.credentials import removal
from doorward.credentials.errors import WrongCode
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.credentials.totp import enrol
from doorward.signin import second_step
from tests.kit import codes as kit_codes
from tests.kit import people

if TYPE_CHECKING:
    from doorward.credentials.models import Factor
    from doorward.sessions.context import AuthContext
    from doorward.sessions.issuing import Started


def disable(auth: AuthContext, code: str) -> None:
    actor = auth.actor(people.actor(people.again_by_id(auth.person.id)).client)
    removal.disable(auth=auth, proof=code, actor=actor, now=timezone.now())


def remove(auth: AuthContext, factor: Factor) -> None:
    actor = auth.actor(people.actor(people.again_by_id(auth.person.id)).client)
    removal.remove(factor.id, auth=auth, actor=actor, now=timezone.now())


def require(person: Administrator) -> None:
    Administrator.objects.of(person.customer_id).filter(id=person.id).update(require_2fa=True)


def show(auth: AuthContext) -> bytes:
    return enrol.begin(session_id=auth.browser.session_id, now=timezone.now())


def confirm(auth: AuthContext, code: str, person: Administrator, name: str = "") -> Started:
    actor = auth.actor(people.actor(person).client)
    return enrol.confirm(auth=auth, code=code, name=name, actor=actor, now=timezone.now())


def confirm_shown(auth: AuthContext, person: Administrator, code: str) -> Started:
    show(auth)
    return confirm(auth, code, person)


def use(auth: AuthContext, code: str, person: Administrator) -> Started:
    return recovery_codes.use(auth=auth, code=code, actor=people.actor(person), now=timezone.now())


def saved_codes(person: Administrator) -> list[str]:
    kit_codes.enable_app(person)
    return kit_codes.saved_codes(person)


WRONG = "000000"


def verify_code(auth: AuthContext, code: str, person: Administrator) -> Started:
    return second_step.verify_code(
        auth=auth, code=code, actor=people.actor(person), now=timezone.now()
    )


def fail(auth: AuthContext, person: Administrator, times: int) -> None:
    for _ in range(times):
        with pytest.raises(WrongCode):
            verify_code(auth, WRONG, person)
