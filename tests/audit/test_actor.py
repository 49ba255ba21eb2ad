"""Who acts: a person by a credential, for themselves or for somebody else. History, exports and erasing have both."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone, translation

from doorward.accounts.events import CHANGE_REFUSED
from doorward.audit import repeats, sealing
from doorward.audit.actor import (
    CONSOLE,
    WORKER,
    Actor,
    ActorType,
    ClientInfo,
    by_link,
    by_session,
)
from doorward.audit.erasing import erase_from_history
from doorward.audit.events import Outcome
from doorward.audit.models import Event
from doorward.audit.newest import OfPerson
from doorward.audit.record import history_of_customer, history_of_person, record
from doorward.notifications.history_words import tell
from doorward.policy.events import POLICY_CHANGED
from doorward.signin.events import SIGN_IN_FAILED
from doorward.web.activity.export import table
from tests.audit import histories
from tests.kit import people

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db
SESSION = UUID("44444444-4444-4444-8444-444444444444")


@pytest.fixture
def staff(owner: Administrator) -> Administrator:
    return people.make_administrator(
        people.provider(), email="sam@northline.example", first_name="Sam", last_name="Staff"
    )


@pytest.fixture
def helping(staff: Administrator, owner: Administrator) -> Actor:
    """Somebody of the provider who acts as the customer's administrator would."""
    return replace(people.actor(staff), credential=by_session(SESSION), on_behalf_of=owner.who())


def newest() -> Event:
    """Return the newest event that is no copy, as the company of who acts for another one has."""
    events: list[Event] = [
        one for one in Event.objects.order_by("id") if not one.details.get("copy")
    ]
    return events[-1]


def write(actor: Actor) -> Event:
    with transaction.atomic():
        record(POLICY_CHANGED, actor=actor)
    return newest()


@pytest.mark.parametrize(
    ("actor", "type"),
    [
        (CONSOLE, ActorType.OPERATOR),
        (WORKER, ActorType.PORTAL),
        (Actor(None, ClientInfo()), ActorType.STRANGER),
    ],
)
def test_by_what_it_was_done_says_who_it_was(actor: Actor, type: ActorType) -> None:  # noqa: A002
    assert actor.actor_type is type
    assert actor.people == ()


def test_an_event_says_by_what_it_was_done(owner: Administrator) -> None:
    by_mail = write(replace(people.actor(owner), credential=by_link(SESSION)))
    assert (by_mail.credential, by_mail.credential_id) == ("mailed_link", SESSION)
    assert by_mail.session_id is None
    assert write(replace(people.actor(owner), credential=by_session(SESSION))).session_id == SESSION
    assert [write(one).credential for one in (CONSOLE, WORKER)] == ["console", "worker"]


def test_both_people_stand_in_the_event(
    helping: Actor, staff: Administrator, owner: Administrator
) -> None:
    event = write(helping)
    assert (event.actor_id, event.on_behalf_of_id) == (staff.id, owner.id)
    # It is the customer's history, and that of whom it was done for.
    assert (event.subject_id, event.customer_id) == (owner.id, owner.customer_id)
    assert event in history_of_person(customer_id=owner.customer_id, person_id=owner.id)
    with translation.override("en"):
        assert "Sam Staff (sam@northline.example), on behalf of Ines Moreau (" in tell(event)


def test_what_was_done_for_somebody_to_another_is_in_their_history(
    helping: Actor, owner: Administrator, colleague: Administrator
) -> None:
    with transaction.atomic():
        record(POLICY_CHANGED, actor=helping, subject=colleague.who())
    event = newest()
    mine = OfPerson(customer_id=owner.customer_id, person_id=owner.id)
    assert event.id in [one.id for one in mine.older(20, than=None)]
    assert event.id in [one.id for one in mine.older(20, than=Event(id=event.id + 1))]


def test_exports_have_both(helping: Actor, owner: Administrator, tmp_path: object) -> None:
    event = write(helping)
    lines = "".join(table(history_of_customer(owner.customer_id), language="en", separator=","))
    rows = list(csv.DictReader(io.StringIO(lines.lstrip("\ufeff"))))
    (row,) = [one for one in rows if one["id"] == str(event.public_id)]
    assert (row["actor_email"], row["on_behalf_of_email"]) == ("sam@northline.example", owner.email)
    assert (row["on_behalf_of"], row["credential"]) == (owner.full_name, "session")


def test_who_was_acted_for_is_erased_and_who_acted_is_not(
    helping: Actor, staff: Administrator, owner: Administrator, colleague: Administrator
) -> None:
    with transaction.atomic():
        record(POLICY_CHANGED, actor=helping, subject=colleague.who())
    sealing.seal(now=timezone.now())
    with transaction.atomic():
        erase_from_history(owner.id)
    event = Event.objects.filter(type=POLICY_CHANGED).latest("id")
    assert (event.on_behalf_of_id, event.on_behalf_of_name, event.on_behalf_of_email) == (
        owner.id,
        "",
        "",
    )
    assert (event.actor_name, event.subject_name) == (staff.full_name, colleague.full_name)
    # The names are gone, and the seal holds; that nobody says they were erased is what is found.
    assert histories.faults() == {(1, "erased")}
    (copy,) = Event.objects.filter(type=POLICY_CHANGED, customer_id=staff.customer_id)
    assert (copy.on_behalf_of_name, copy.details, copy.typed) == ("", {"copy": True}, {})
    with translation.override("en"):
        assert "on behalf of (erased)" in tell(event)


def test_what_is_repeated_keeps_both(helping: Actor, owner: Administrator) -> None:
    now = timezone.now()
    for _ in range(3):
        repeats.record_once(
            CHANGE_REFUSED, actor=helping, outcome=Outcome.REFUSED, details={}, now=now
        )
    repeats.close(now=now + repeats.AT_MOST)
    first, told = people.events(CHANGE_REFUSED, customer_id=owner.customer_id)
    assert told.details["repeated"] == 2
    same = ("actor_id", "on_behalf_of_id", "on_behalf_of_name", "credential", "credential_id")
    assert [getattr(told, name) for name in same] == [getattr(first, name) for name in same]


def test_of_a_stranger_neither_person_nor_credential_is_told(helping: Actor) -> None:
    with transaction.atomic():
        record(SIGN_IN_FAILED, actor=helping, outcome=Outcome.FAILED)
    (event,) = people.events(SIGN_IN_FAILED)
    assert (event.actor_id, event.on_behalf_of_id, event.credential) == (None, None, "")
    assert event.actor_type == "stranger"
