"""What is kept with each person for lists and numbers is what their factors and sessions say, whatever happens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from django.db.models import Max
from django.test import Client
from django.utils import timezone

from doorward.administrators import sessions
from doorward.administrators.accounts import locked
from doorward.administrators.models import Administrator, Session, Standing
from doorward.core.steps import FactorKind
from doorward.mfa import overview, proving, services, standing
from doorward.mfa.models import Factor
from tests import support
from tests.racing import at_once

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


def kept(person: Administrator) -> Standing:
    return Standing(support.again(person).standing)


def is_right() -> bool:
    """Say whether everybody's row says what their factors and sessions say."""
    for person in Administrator.objects.everywhere():
        factors = Factor.objects.filter(administrator=person)
        usable = factors.filter(locked_at__isnull=True)
        ways = (
            (Standing.PASSKEY, usable.filter(kind=FactorKind.PASSKEY)),
            (Standing.APP, usable),
            (Standing.LOCKED, factors),
        )
        stands = next((one for one, rows in ways if rows.exists()), Standing.NONE)
        newest = Session.objects.filter(administrator=person).aggregate(at=Max("signed_in_at"))
        if (person.standing, person.last_signed_in_at) != (stands, newest["at"]):
            return False
    return True


def let_in(person: Administrator, session_id: UUID, now: datetime) -> bool:
    """Let somebody's session through for the first time."""
    by = support.by(person)
    return sessions.mark_signed_in(
        session_id, by=by, now=now, with_what="password", known_browser=False
    )


@pytest.mark.django_db
def test_it_follows_the_factors(owner):
    assert kept(owner) is Standing.NONE
    support.enable_app(owner)
    assert kept(owner) is Standing.APP
    Factor.objects.update(failures_in_a_row=50)
    ids = list(Factor.objects.values_list("id", flat=True))
    proving.lock_guessed(ids, by=support.by(owner), now=timezone.now())
    assert kept(owner) is Standing.LOCKED
    support.enable_app(owner, name="Tablet")
    assert kept(owner) is Standing.APP
    Factor.objects.filter(name="Tablet").update(kind=FactorKind.PASSKEY)
    standing.keep(owner.id)
    assert kept(owner) is Standing.PASSKEY
    services.reset(support.again(owner), by=support.by(owner), now=timezone.now())
    assert kept(owner) is Standing.NONE
    assert is_right()


@pytest.mark.django_db
def test_what_is_rolled_back_is_not_kept(owner):
    support.enable_app(owner)
    with transaction.atomic():
        services.remove_all(owner.id)
        assert kept(owner) is Standing.NONE
        transaction.set_rollback(True)
    assert kept(owner) is Standing.APP
    assert overview.count(owner.customer_id).with_two_factors == 1


@pytest.mark.django_db
def test_each_way_in_says_when_it_was(owner, colleague):
    support.browser_of(owner).get("/")
    support.enable_app(colleague)
    support.sign_in(Client(HTTP_USER_AGENT=support.CHROME), colleague)
    assert support.again(owner).last_signed_in_at
    assert support.again(colleague).last_signed_in_at
    assert is_right()


@pytest.mark.django_db
def test_a_sign_in_that_came_second_changes_nothing(owner):
    now = timezone.now()
    started = sessions.begin(owner, by=support.by(owner), now=now, password_at=now)
    assert let_in(owner, started.session_id, now)
    later = now + timedelta(minutes=1)
    assert not let_in(owner, started.session_id, later)
    assert support.again(owner).last_signed_in_at == now


@pytest.mark.django_db(transaction=True)
def test_whoever_comes_at_once_it_stays_right(owner):
    """One browser enables a second app while others sign in and the operator resets them."""
    support.enable_app(owner)
    now = timezone.now()

    def sign_in() -> None:
        started = sessions.begin(owner, by=support.by(owner), now=now, password_at=now)
        let_in(owner, started.session_id, now)

    def add() -> None:
        with transaction.atomic():
            locked(owner.id)
            support.enable_app(owner, name="Tablet")

    def reset() -> None:
        services.reset(support.again(owner), by=support.by(owner), now=now)

    at_once([sign_in, add, reset, sign_in, add])
    assert is_right()
