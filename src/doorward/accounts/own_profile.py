"""One's own profile: every field looked at before any is written, then all of it or nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language

from doorward.accounts import email_change, services
from doorward.accounts.account import locked
from doorward.accounts.changes import (
    Details,
    before_and_after,
    clean_details,
    time_zones,
    written_names,
)
from doorward.accounts.events import DETAILS_CHANGED
from doorward.accounts.models import Administrator
from doorward.audit.record import record
from doorward.customers.rights import authorise
from doorward.kernel.errors import ChoiceInvalid
from doorward.kernel.field_checks import Checks
from doorward.kernel.text.cleaning import clean_email, is_same_email
from doorward.permissions.actions import Action
from doorward.permissions.errors import ReauthenticationDue

if TYPE_CHECKING:
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


@dataclass(frozen=True, slots=True)
class Saved:
    """One's own row as it is now. `email_waits`: another `email` holds once it is confirmed."""

    person: Administrator
    email: str
    renamed: bool
    email_waits: bool


def find(administrator_id: UUID, *, customer_id: UUID) -> Administrator:
    """Return one's own row, with the customer at hand."""
    people = Administrator.objects.of(customer_id).select_related("customer")
    return people.get(id=administrator_id)


def save(
    administrator_id: UUID, typed: OwnProfile, *, reauthenticated: bool, actor: Actor, now: datetime
) -> Saved:
    """Write a profile; another e-mail waits for its confirmation.

    `reauthenticated`: whether they have just confirmed who they are, as another e-mail or phone wants it. Raises
    `FieldsRefused` with every field that is wrong, `ReauthenticationDue`, `EmailTaken` and `TooManyMails`, with
    nothing written.
    """
    authorise(actor, Action.CHANGE_OWN_PROFILE, subject=administrator_id)
    wanted = _clean(typed)
    with transaction.atomic():
        person = locked(administrator_id)
        if not reauthenticated:
            _demand_reauthentication(person, wanted)
        name = person.full_name
        _write(person, wanted, actor=actor)
        # Whoever never chose one sent back what their browser asked for: that is no change.
        if wanted.language != (person.language or get_language()):
            services.change_language(person.id, wanted.language, actor=actor)
        waits = email_change.ask(person, wanted.email, actor=actor, now=now)
    return Saved(person, wanted.email, renamed=person.full_name != name, email_waits=waits)


def _demand_reauthentication(person: Administrator, wanted: OwnProfile) -> None:
    """Let nobody change how they are reached who has not just confirmed who they are (OWASP ASVS 5, 7.5.1).

    The phone, too: whoever helps after a loss calls back there.
    """
    if not is_same_email(wanted.email, person.email):
        raise ReauthenticationDue(Action.CHANGE_OWN_EMAIL)
    if wanted.phone != person.phone:
        raise ReauthenticationDue(Action.CHANGE_OWN_PHONE)


def _clean(typed: OwnProfile) -> OwnProfile:
    """Return a profile as it is stored, or raise `FieldsRefused` with every field that is wrong."""
    checks = Checks()
    details = Details(first_name=typed.first_name, last_name=typed.last_name, phone=typed.phone)
    cleaned = OwnProfile(
        **asdict(clean_details(details, checks)),
        email=checks.take("email", clean_email, typed.email),
        language=checks.take("language", _language, typed.language),
        time_zone=checks.take("time_zone", _time_zone, typed.time_zone),
    )
    checks.done()
    return cleaned


def _write(person: Administrator, wanted: OwnProfile, *, actor: Actor) -> None:
    names = ("first_name", "last_name", "phone", "time_zone")
    columns: dict[str, str] = {name: getattr(wanted, name) for name in names}
    changed = sorted(name for name in names if getattr(person, name) != columns[name])
    if not changed:
        return
    columns |= written_names(columns)
    Administrator.objects.of(person.customer_id).filter(id=person.id).update(**columns)
    typed = before_and_after(person, columns, changed)
    record(DETAILS_CHANGED, actor=actor, details={"changed": changed}, typed=typed)
    for name, value in columns.items():
        setattr(person, name, value)


def _language(code: str) -> str:
    if code not in dict(settings.LANGUAGES):
        raise ChoiceInvalid
    return code


def _time_zone(name: str) -> str:
    if name not in time_zones():
        raise ChoiceInvalid
    return name
