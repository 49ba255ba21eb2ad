"""Time approves nothing where whoever could have agreed, or objected, was pushed aside, or has objected elsewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.policy.fields import Kinds
from doorward.recovery import help as helping
from doorward.recovery import support
from doorward.recovery.errors import SupportNotByTime
from doorward.recovery.models import RecoveryRequest, Way
from doorward.recovery.veto_link import details_of
from tests.kit import codes, passkeys, people, policies
from tests.kit.recovering import ask_as_support, long_ago, make_staff, second_helper
from tests.threats.test_recovery import object_by_mail

if TYPE_CHECKING:
    import time_machine

    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db


@pytest.fixture
def lost(clock: time_machine.Traveller, owner: Administrator) -> Administrator:
    """Return somebody with the tab who has lost the only passkey of their company."""
    passkeys.add(owner)
    long_ago(owner)
    return owner


@pytest.fixture
def staff(lost: Administrator) -> Administrator:
    return make_staff()


def test_who_is_kept_out_by_a_stricter_minimum_is_not_gone(lost, staff):
    """Else support would demand of all colleagues what they do not have yet, and have time agree in their place."""
    other = second_helper(lost)
    policies.require_by_minimum(lost.customer_id, kinds=Kinds.PHISHING_RESISTANT)
    assert ask_as_support(lost, staff).due_at is None
    people.disable_apps(other)
    assert support.who_could_agree(lost, staff.id, now=timezone.now()) == frozenset()


def test_an_objection_to_waiting_is_one_to_the_support(lost, staff):
    """Whoever waits may be the thief: the owner has said so by the link."""
    wait_and_object(lost)
    with pytest.raises(SupportNotByTime):
        ask_as_support(lost, staff)


def test_after_an_objection_to_waiting_one_colleague_is_not_enough(lost, colleague):
    codes.enable_app(colleague)
    wait_and_object(colleague)
    assert helping.second_is_due(people.again(colleague), now=timezone.now())


def wait_and_object(person: Administrator) -> None:
    now = timezone.now()
    request = RecoveryRequest.objects.create(
        administrator=person,
        way=Way.WAITING,
        second=False,
        asked_by=person,
        asked_at=now,
        due_at=now + timedelta(days=1),
    )
    details_of(request, now=now)
    object_by_mail(person)
