"""One's own profile: every field looked at before any is written, then all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language

from doorward.accounts import email_change, services
from doorward.accounts.changes import NAME_LENGTH
from doorward.accounts.errors import ChoiceInvalid
from doorward.accounts.models import Administrator
from doorward.accounts.phones import clean_phone
from doorward.customers.rights import authorise
from doorward.kernel.errors import FieldsRefused, Refusal
from doorward.kernel.text.cleaning import clean_email, clean_name
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProfile:
    """What somebody says of themselves, every field as it shall be afterwards."""

    first_name: str
    last_name: str
    phone: str
    email: str
    language: str
    time_zone: str


def find(administrator_id: UUID, *, customer_id: UUID) -> Administrator:
    """Return one's own row, with the customer at hand."""
    people = Administrator.objects.of(customer_id).select_related("customer")
    return people.get(id=administrator_id)


def clean(typed: OwnProfile) -> OwnProfile:
    """Return a profile as it is stored, or raise `FieldsRefused` with every field that is wrong."""
    refused: dict[str, Refusal] = {}

    def look(name: str, at: Callable[[str], str]) -> str:
        try:
            return at(getattr(typed, name))
        except Refusal as refusal:
            refused[name] = refusal
            return ""

    name = partial(clean_name, maximum=NAME_LENGTH)
    cleaned = OwnProfile(
        first_name=look("first_name", partial(name, other=typed.last_name)),
        last_name=look("last_name", partial(name, other=typed.first_name)),
        phone=look("phone", lambda text: clean_phone(text, region=None)),
        email=look("email", clean_email),
        language=look("language", _language),
        time_zone=look("time_zone", _time_zone),
    )
    if refused:
        raise FieldsRefused(refused)
    return cleaned


def save(person: Administrator, wanted: OwnProfile, *, actor: Actor, now: datetime) -> bool:
    """Write a profile that was cleaned; return whether another e-mail waits for its confirmation now.

    Another e-mail wants reauthentication, which the caller has asked for. Raises `EmailTaken`, with
    nothing written.
    """
    authorise(actor, Action.CHANGE_OWN_PROFILE, subject=person.id)
    details = services.Details(
        first_name=wanted.first_name, last_name=wanted.last_name, phone=wanted.phone
    )
    with transaction.atomic():
        services.change_own_details(person, details, time_zone=wanted.time_zone, actor=actor)
        # Whoever never chose one sent back what their browser asked for: that is no change.
        if wanted.language != (person.language or get_language()):
            services.change_language(person.id, wanted.language, actor=actor)
        return email_change.ask(person, wanted.email, actor=actor, now=now)


@cache
def time_zones() -> frozenset[str]:
    """Return the names of all time zones that this machine knows."""
    return frozenset(available_timezones())


def _language(code: str) -> str:
    if code not in dict(settings.LANGUAGES):
        raise ChoiceInvalid
    return code


def _time_zone(name: str) -> str:
    if name not in time_zones():
        raise ChoiceInvalid
    return name
