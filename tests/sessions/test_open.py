"""When a session is open, told of its facts and asked of the database: the same for any row."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from doorward.accounts.required_of import policy_of
from doorward.gate.decision import next_step
from doorward.gate.loading import load
from doorward.gate.requirement import Need, Step
from doorward.policy.fields import FIELDS
from doorward.sessions import issuing, queries, rules
from doorward.sessions.models import Session
from tests.kit import people, policies
from tests.kit.rows import rolled_back

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db

# Seconds around each bound, as (of the bound, beside it): clocks that are ahead, now, and the whole time.
MOMENTS = st.tuples(st.sampled_from([-60, 0, None]), st.sampled_from([-1, 0, 1]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seen=MOMENTS,
    begun=MOMENTS,
    amiss=st.sampled_from(["", "", "", "ended", "version"]),
    hours=st.integers(*FIELDS["session_hours"].bounds),
    minutes=st.integers(*FIELDS["idle_minutes"].bounds),
)
@example(seen=(-60, -1), begun=(0, 0), amiss="", hours=12, minutes=30)
@example(seen=(0, 0), begun=(-60, -1), amiss="", hours=12, minutes=30)
def test_the_gate_and_the_list_of_browsers_agree(
    owner: Administrator,
    *,
    seen: tuple[int | None, int],
    begun: tuple[int | None, int],
    amiss: str,
    hours: int,
    minutes: int,
) -> None:
    now = timezone.now()
    with rolled_back():
        policies.ask(owner.customer_id, since=now, session_hours=hours, idle_minutes=minutes)
        started = issuing.begin(owner, actor=people.actor(owner), now=now, password_at=now)
        policy = policy_of(people.again(owner), now=now)
        Session.objects.update(
            seen_at=now - age(seen, policy.idle_seconds),
            created_at=now - age(begun, policy.session_seconds),
            ended_at=now if amiss == "ended" else None,
            security_version=owner.security_version + (amiss == "version"),
            signed_in_at=now,
        )
        auth = load(started.token, now=now)
        assert auth is not None
        facts, version = auth.facts, owner.security_version
        assert facts.session is not None
        told = rules.is_open(facts.session, policy=policy, security_version=version, now=now)
        assert told == (next_step(facts, Need.THROUGH, now=now) is not Step.SIGN_IN)
        assert told == bool(queries.still_open(owner.id, policy=policy, now=now))
        assert told == bool(queries.summary(owner.id, policy=policy, now=now)[1])


def age(moment: tuple[int | None, int], whole: int) -> timedelta:
    bound, beside = moment
    return timedelta(seconds=(whole if bound is None else bound) + beside)


def test_without_a_proof_none_is(owner: Administrator) -> None:
    now = timezone.now()
    started = issuing.begin(owner, actor=people.actor(owner), now=now, password_at=now)
    auth = load(started.token, now=now)
    assert auth is not None
    assert auth.facts.session is not None
    unproved = replace(auth.facts.session, password_at=None)
    assert not rules.is_open(
        unproved, policy=auth.facts.policy, security_version=unproved.security_version, now=now
    )
