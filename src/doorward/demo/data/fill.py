"""Fills an empty installation with the demonstration: a few hundred rows, most of them at once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password
from django.db import transaction

from doorward.accounts import invitations
from doorward.accounts.models import Administrator, Status
from doorward.accounts.required_of import wave_share
from doorward.audit.actor import CONSOLE, Actor, ClientInfo
from doorward.audit.models import Event
from doorward.credentials import standing
from doorward.credentials.models import Factor, RecoverySet
from doorward.credentials.recovery_codes import codes
from doorward.credentials.totp import rules
from doorward.credentials.totp.enrol import write_factor
from doorward.customers import cached
from doorward.customers.models import Brand, Customer, CustomerKind, Tab
from doorward.demo.data import adoption, applications, companies
from doorward.demo.data.cast import (
    ASKS,
    HAS_LOST,
    PASSWORD,
    SETS_UP,
    cast,
)
from doorward.demo.data.character import Character, draw
from doorward.demo.data.ledger import Ledger
from doorward.demo.data.people import person_of
from doorward.demo.data.story import Story
from doorward.demo.data.visits import Visits
from doorward.policy import series, versions
from doorward.policy.fields import LOOSEST, RequiredOf, Values
from doorward.recovery import support
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

# The same people with the same history each time; only its secrets are new.
_SEED = 20
_WITH_APP = frozenset({"app", "locked"})
_APPS = ("Pixel 9", "iPhone", "Galaxy S24", "Authenticator app", "Work phone", "iPad")


@dataclass(frozen=True, slots=True)
class Filled:
    """What only this demonstration knows: whose app is disabled, and a recovery code to get in with."""

    locked_email: str
    recovery_code: str


def fill(*, now: datetime) -> Filled:
    """Write everything, in the empty installation of a first start."""
    random = Random(_SEED)  # noqa: S311 - a story, not a secret
    with transaction.atomic():
        characters = _characters(_customers(_brands(), now=now), random=random, now=now)
        filled = _factors(characters, random=random)
        _history(characters, random=random, now=now)
    _invite(characters, now=now)
    _ask_as_support(characters, now=now)
    _stand_behind(characters, now=now)
    adoption.write(now=now)
    cached.forget()
    return filled


def _brands() -> dict[str, Brand]:
    """Write brands and tabs; the default brand of the first start becomes the provider's."""
    default = Brand.objects.get(is_default=True)
    Tab.objects.bulk_create(Tab(**tab) for tab in companies.TABS)
    for name, columns in companies.BRANDS.items():
        if name == companies.NORTHLINE:
            Brand.objects.filter(id=default.id).update(name=name, **columns)
        else:
            Brand.objects.create(name=name, **columns)
    return {brand.name: brand for brand in Brand.objects.all()}


def _customers(brands: dict[str, Brand], *, now: datetime) -> dict[str, Customer]:
    for company in companies.COMPANIES:
        columns = {
            **Customer.name_columns(company.name),
            "since": (now - timedelta(days=company.days)).date(),
            **company.columns,
        }
        if company.name == companies.NORTHLINE:
            Customer.objects.filter(kind=CustomerKind.PROVIDER).update(**columns)
        else:
            brand = brands[company.brand]
            Customer.objects.create(kind=CustomerKind.CUSTOMER, brand=brand, **columns)
        _policy(company, now=now)
    return {customer.name: customer for customer in Customer.objects.select_related("brand")}


def _policy(company: companies.Company, *, now: datetime) -> None:
    customer_id = Customer.objects.values_list("id", flat=True).get(name=company.name)
    if company.policy_days:
        since = now - timedelta(days=company.policy_days)
        values = Values(
            required_of=RequiredOf.EVERYONE,
            from_day=(since + timedelta(days=company.grace_days)).date(),
        )
        owner = versions.policy_of_customer(customer_id)
        versions.save(owner, versions.Wanted(values=values), actor=CONSOLE, now=since)
    if company.minimum:
        since = now - timedelta(days=company.days)
        values = replace(LOOSEST, required_of=RequiredOf.EVERYONE)
        owner = versions.minimum_of_customer(customer_id)
        versions.save(owner, versions.Wanted(values=values), actor=CONSOLE, now=since)


def _characters(
    customers: dict[str, Customer], *, random: Random, now: datetime
) -> list[Character]:
    hashed = make_password(PASSWORD)  # once: it takes longer than all the rest of a row
    actors = cast()
    people = [
        person_of(actor, customers[actor.company], hashed, number)
        for number, actor in enumerate(actors)
    ]
    characters = [
        draw(person, actor.state, random=random, now=now)
        for person, actor in zip(people, actors, strict=True)
    ]
    for character in characters:
        character.person.added_at = character.added_at
        if character.person.status != Status.INVITED:
            character.person.joined_at = character.added_at
            character.person.email_proved_at = character.added_at
        character.person.wave_share = wave_share(character.person.id)
    Administrator.objects.everywhere().bulk_create(people)
    return characters


def _factors(characters: Sequence[Character], *, random: Random) -> Filled:
    """Return an app and saved recovery codes to whoever has them; remember one code of the locked one."""
    filled = Filled("", "")
    for character in characters:
        if not character.state & _WITH_APP:
            continue
        person, at = character.person, character.enabled_at
        secret = rules.new_secret(secrets.token_bytes)
        character.factor = write_factor(
            person.id, secret, step=0, name=random.choice(_APPS), now=at
        )
        made = codes.make(person, now=at)
        if "locked" in character.state:
            filled = Filled(person.email, codes.unsaved(person.id)[0])
            Factor.objects.filter(id=character.factor.id).update(locked_at=character.locked_at)
        RecoverySet.objects.filter(id=made.id).update(
            saved_at=at + timedelta(minutes=1), sealed=None
        )
        standing.keep(person.id)
    return filled


def _history(characters: Sequence[Character], *, random: Random, now: datetime) -> None:
    ledger = Ledger(now)
    visits, story = Visits(ledger, random), Story(ledger, random, characters)
    by_customer: dict[UUID, list[Character]] = {}
    for one in characters:
        story.of(one)
        visits.of(one)
        by_customer.setdefault(one.person.customer_id, []).append(one)
    for people in by_customer.values():
        story.of_company(people)
        since = series.load(people[0].person.customer.policy)
        if since:
            story.of_policy(people[0], since=since[0].since)
    # What the first start told is of a provider and a brand that have other names by now.
    Event.rewritable.all().delete()
    Event.objects.bulk_create(sorted(ledger.events, key=lambda event: event.at))
    Session.objects.bulk_create(visits.sessions)
    last = {session.administrator_id: session.signed_in_at for session in visits.sessions}
    for person_id, at in last.items():
        rows = Administrator.objects.everywhere().filter(id=person_id)
        rows.update(last_signed_in_at=at)
    _stamp_factors(visits.last_with_app, now=now)


def _stamp_factors(last_with_app: dict[UUID, datetime], *, now: datetime) -> None:
    """Write down when each app was last used; its step is past by now, so that a code works at once."""
    for factor_id, at in last_with_app.items():
        step = min(rules.step_at(at), rules.step_at(now) - 2)
        Factor.objects.filter(id=factor_id).update(last_used_at=at, last_step=step)


def _invite(characters: Sequence[Character], *, now: datetime) -> None:
    """Have the invitations of those who are still to accept them really mailed, by their colleague."""
    for character in characters:
        if character.person.status == Status.INVITED:
            actor = _acting(character.primary(characters))
            with transaction.atomic():
                invitations.send(character.person, actor=actor, now=now)


def _ask_as_support(characters: Sequence[Character], *, now: datetime) -> None:
    """Have the support ask for help for somebody: their colleague sees what there is to agree to, and the mail."""
    by_email = {one.person.email: one for one in characters}
    staff, person = by_email[ASKS], by_email[HAS_LOST].person
    support.ask(
        person.id,
        how="Called back at the number in the contract; we spoke.",
        customer_id=person.customer_id,
        actor=_acting(staff),
        now=now,
    )


def _stand_behind(characters: Sequence[Character], *, now: datetime) -> None:
    by_email = {one.person.email: one for one in characters}
    with transaction.atomic():
        applications.write(characters, actor=_acting(by_email[SETS_UP]), now=now)


def _acting(one: Character) -> Actor:
    return Actor(person=one.person.who(), client=ClientInfo(one.address, one.browser))
