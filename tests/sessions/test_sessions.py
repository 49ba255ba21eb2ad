"""Sessions as rows: begun, stepped up, ended, forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from doorward.accounts.required_of import policy_of
from doorward.gate.loading import load
from doorward.kernel.errors import NotFound
from doorward.sessions import ending, issuing, queries
from doorward.sessions.errors import StaleRequest
from doorward.sessions.events import OTHER_SESSIONS_ENDED, SIGN_IN_ABANDONED, SIGNED_IN, SIGNED_OUT
from doorward.sessions.models import Session
from tests.kit import people


def begin(person, *, ago=timedelta(), **columns):
    now = timezone.now() - ago
    return issuing.begin(
        person, actor=people.actor(person), now=now, **({"password_at": now} | columns)
    )


def facts_of(started):
    found = load(started.token, now=timezone.now())
    assert found is not None
    assert found.facts.session is not None
    return found.facts.session


def ended(started):
    return Session.objects.get(id=started.session_id).ended_at is not None


def test_a_token_is_long_random_and_stored_as_a_hash_alone(owner):
    one, two = begin(owner), begin(owner)
    assert one.token != two.token
    assert len(one.token) >= 43, "256 bits"
    assert one.token not in str(Session.objects.values())
    assert one.token not in repr(Session.objects.get(id=one.session_id).token_hash)


def test_a_step_up_changes_the_token_and_the_old_one_is_dead(owner):
    first = begin(owner)
    second = issuing.step_up(
        first.session_id, old_hash=issuing.token_hash(first.token), mailbox_at=timezone.now()
    )
    assert second.session_id == first.session_id
    assert load(first.token, now=timezone.now()) is None
    assert facts_of(second).mailbox_at is not None


def test_a_step_up_happens_once_and_never_for_an_ended_session(owner):
    first = begin(owner)
    hashed = issuing.token_hash(first.token)
    issuing.step_up(first.session_id, old_hash=hashed)
    with pytest.raises(StaleRequest):
        issuing.step_up(first.session_id, old_hash=hashed)
    second = begin(owner)
    ending.sign_out(second.session_id, actor=people.actor(owner), now=timezone.now())
    with pytest.raises(StaleRequest):
        issuing.step_up(second.session_id, old_hash=issuing.token_hash(second.token))


def test_the_sign_in_is_recorded_once(owner):
    started = begin(owner)
    words: dict[str, Any] = {
        "actor": people.actor(owner),
        "with_what": "password",
        "known_browser": False,
    }
    assert issuing.mark_signed_in(started.session_id, now=timezone.now(), **words)
    assert not issuing.mark_signed_in(started.session_id, now=timezone.now(), **words)
    assert len(people.events(SIGNED_IN)) == 1


def test_signing_out_twice_is_one_event(owner):
    started = begin(owner)
    for _ in range(2):
        ending.sign_out(started.session_id, actor=people.actor(owner), now=timezone.now())
    assert ended(started)
    assert len(people.events(SIGNED_OUT)) == 1


def test_one_of_one_s_own_is_ended_and_nobody_else_s(owner, outsider):
    mine, theirs = begin(owner), begin(outsider)
    words = {"administrator_id": owner.id, "actor": people.actor(owner), "now": timezone.now()}
    with pytest.raises(NotFound):
        ending.end_one(theirs.session_id, **words)
    assert not ended(theirs)
    ending.end_one(mine.session_id, **words)
    assert ended(mine)


def test_all_others_end_and_what_they_were_made_with_holds_no_more(owner, colleague):
    through = {"signed_in_at": timezone.now()}
    kept, other, theirs = begin(owner, **through), begin(owner, **through), begin(colleague)
    # One that ended by itself, and one that is not through: ended too, and not counted.
    idle = begin(owner, ago=timedelta(hours=3), **through)
    half = begin(owner)
    count = ending.end_own_others(
        administrator_id=owner.id,
        keep=kept.session_id,
        policy=policy_of(owner, now=timezone.now()),
        actor=people.actor(owner),
        now=timezone.now(),
    )
    assert count == 1
    assert ended(idle)
    assert ended(half)
    assert (ended(kept), ended(other), ended(theirs)) == (False, True, False)
    version = owner.security_version + 1
    assert facts_of(kept).security_version == people.again(owner).security_version == version


def test_a_colleague_s_sessions_all_end(owner, colleague):
    started = [begin(colleague, signed_in_at=timezone.now()) for _ in range(2)]
    count = ending.end_all_of(
        subject=colleague.who(),
        policy=policy_of(colleague, now=timezone.now()),
        actor=people.actor(owner),
        now=timezone.now(),
    )
    assert count == 2
    assert all(ended(one) for one in started)
    event = people.events(OTHER_SESSIONS_ENDED)[0]
    assert (event.actor_id, event.subject_id) == (owner.id, colleague.id)


def test_who_stopped_half_way_is_closed_and_history_says_so(owner):
    half = begin(owner, ago=timedelta(minutes=31))
    young = begin(owner, ago=timedelta(minutes=29))
    whole = begin(owner, ago=timedelta(hours=2), signed_in_at=timezone.now())
    assert ending.close_abandoned(now=timezone.now()) == 1
    assert (ended(half), ended(young), ended(whole)) == (True, False, False)
    assert people.events(SIGN_IN_ABANDONED)[0].session_id == half.session_id


def test_old_rows_are_forgotten_but_for_each_one_s_last_sign_in(owner, colleague):
    ago = timedelta(days=200)
    older = begin(owner, ago=ago + timedelta(days=9), signed_in_at=timezone.now() - ago * 1.1)
    newest = begin(owner, ago=ago, signed_in_at=timezone.now() - ago)
    half = begin(owner, ago=ago)
    recent = begin(colleague, signed_in_at=timezone.now())
    Session.objects.update(ended_at=timezone.now() - ago)
    Session.objects.filter(id=recent.session_id).update(ended_at=None)
    ending.forget(now=timezone.now())
    left = set(Session.objects.values_list("id", flat=True))
    assert newest.session_id in left
    assert recent.session_id in left
    assert not {older.session_id, half.session_id} & left


def test_being_seen_is_written_at_most_forwards(owner):
    started = begin(owner)
    now = timezone.now()
    queries.touch(started.session_id, now=now + timedelta(minutes=5))
    queries.touch(started.session_id, now=now)
    assert Session.objects.get(id=started.session_id).seen_at == now + timedelta(minutes=5)
