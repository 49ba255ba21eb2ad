"""What is kept with each person for lists and numbers is what their factors and sessions say, whatever happens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from django.db.models import Max
from django.test import Client
from django.utils import timezone

from doorward.accounts.account import locked
from doorward.accounts.models import Administrator, Standing
from doorward.audit.actor import CONSOLE, ClientInfo
from doorward.credentials import removal, standing, suspension, wrong_proofs
from doorward.credentials.models import Factor
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.directory import people
from doorward.gate.loading import load
from doorward.policy.rules import FactorKind
from doorward.sessions import issuing
from doorward.sessions.models import Session
from tests.kit import browsers, codes
from tests.kit import people as kit_people
from tests.kit.racing import at_once

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


def kept(person: Administrator) -> Standing:
    return Standing(kit_people.again(person).standing)


def is_right() -> bool:
    """Return whether everybody's row says what their factors and sessions say."""
    for person in Administrator.objects.everywhere():
        factors = Factor.objects.filter(administrator=person)
        usable = factors.filter(locked_at__isnull=True)
        ways = (
            (Standing.PASSKEY, usable.filter(kind=FactorKind.PASSKEY)),
            (Standing.APP, usable),
            (Standing.LOCKED, factors),
        )
        stands = next((one for one, rows in ways if rows.exists()), Standing.NONE)
        if stands >= Standing.APP and (usable.count() > 1 or recovery_codes.left(person.id)):
            stands = Standing(stands + 1)
        newest = Session.objects.filter(administrator=person).aggregate(at=Max("signed_in_at"))
        if (person.standing, person.last_signed_in_at) != (stands, newest["at"]):
            return False
    return True


def let_in(person: Administrator, session_id: UUID, now: datetime) -> bool:
    """Let somebody's session through for the first time."""
    actor = kit_people.actor(person)
    return issuing.mark_signed_in(
        session_id, actor=actor, now=now, with_what="password", known_browser=False
    )


@pytest.mark.django_db
def test_it_follows_the_factors(owner):
    assert kept(owner) is Standing.NONE
    codes.enable_app(owner)
    assert kept(owner) is Standing.APP
    Factor.objects.update(failures_in_a_row=50)
    ids = list(Factor.objects.values_list("id", flat=True))
    wrong_proofs.lock_guessed(ids, actor=kit_people.actor(owner), now=timezone.now())
    assert kept(owner) is Standing.LOCKED
    codes.enable_app(owner, name="Tablet")
    assert kept(owner) is Standing.APP
    codes.enable_app(owner, name="Another tablet")
    assert kept(owner) is Standing.APP_BACKED
    Factor.objects.filter(name="Another tablet").delete()
    Factor.objects.filter(name="Tablet").update(kind=FactorKind.PASSKEY)
    standing.keep(owner.id)
    assert kept(owner) is Standing.PASSKEY
    removal.reset(kit_people.again(owner), actor=CONSOLE, now=timezone.now())
    assert kept(owner) is Standing.NONE
    assert is_right()


@pytest.mark.django_db
def test_it_follows_the_recovery_codes(owner):
    codes.enable_app(owner)
    assert kept(owner) is Standing.APP
    actor, now = kit_people.actor(owner), timezone.now()
    recovery_codes.make(owner, now=now)
    assert kept(owner) is Standing.APP
    shown = recovery_codes.unsaved(owner.id)
    recovery_codes.confirm_saved(administrator_id=owner.id, actor=actor, now=now)
    assert kept(owner) is Standing.APP_BACKED
    for place, code in enumerate(shown):
        started = issuing.begin(owner, actor=actor, now=now, password_at=now)
        auth = load(started.token, now=now)
        assert auth is not None
        recovery_codes.use(auth=auth, code=code, actor=auth.actor(ClientInfo()), now=now)
        is_last = place == len(shown) - 1
        assert kept(owner) is (Standing.APP if is_last else Standing.APP_BACKED)
    assert is_right()


@pytest.mark.django_db
def test_what_is_rolled_back_is_not_kept(owner):
    codes.enable_app(owner)
    with transaction.atomic():
        removal.remove_all(owner.id)
        assert kept(owner) is Standing.NONE
        transaction.set_rollback(True)
    assert kept(owner) is Standing.APP
    assert people.count(owner.customer_id).with_two_factors == 1


@pytest.mark.django_db
def test_each_way_in_says_when_it_was(owner, colleague):
    browsers.browser_of(owner).get("/")
    codes.enable_app(colleague)
    browsers.sign_in(Client(HTTP_USER_AGENT=kit_people.CHROME), colleague)
    assert kit_people.again(owner).last_signed_in_at
    assert kit_people.again(colleague).last_signed_in_at
    assert is_right()


@pytest.mark.django_db
def test_a_sign_in_that_came_second_changes_nothing(owner):
    now = timezone.now()
    started = issuing.begin(owner, actor=kit_people.actor(owner), now=now, password_at=now)
    assert let_in(owner, started.session_id, now)
    later = now + timedelta(minutes=1)
    assert not let_in(owner, started.session_id, later)
    assert kit_people.again(owner).last_signed_in_at == now


@pytest.mark.django_db(transaction=True)
def test_whoever_comes_at_once_it_stays_right(owner):
    """One browser enables a second app while others sign in and the operator resets them."""
    codes.enable_app(owner)
    now = timezone.now()

    def sign_in() -> None:
        started = issuing.begin(owner, actor=kit_people.actor(owner), now=now, password_at=now)
        let_in(owner, started.session_id, now)

    def add() -> None:
        with transaction.atomic():
            locked(owner.id)
            codes.enable_app(owner, name="Tablet")

    def reset() -> None:
        removal.reset(kit_people.again(owner), actor=CONSOLE, now=now)

    at_once([sign_in, add, reset, sign_in, add])
    assert is_right()


@pytest.mark.django_db(transaction=True)
def test_codes_that_are_saved_while_another_device_goes_are_counted(owner):
    codes.enable_app(owner)
    codes.enable_app(owner, name="Tablet")
    actor, now = kit_people.actor(owner), timezone.now()
    recovery_codes.make(owner, now=now)
    tablet = Factor.objects.get(name="Tablet")

    def save() -> None:
        recovery_codes.confirm_saved(administrator_id=owner.id, actor=actor, now=now)

    def suspend() -> None:
        with transaction.atomic():
            locked(owner.id)
            suspension.suspend(owner.id, now=now, only=[tablet.id])

    at_once([save, suspend])
    assert kept(owner) is Standing.APP_BACKED
    assert is_right()
