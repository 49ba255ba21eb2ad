"""What the profile and the password page show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import get_language

from doorward.accounts import email_change, second_address
from doorward.accounts.own_profile import OwnProfile
from doorward.accounts.phones import readable_phone
from doorward.web.kit.fields import Option
from doorward.web.kit.jinja import languages
from doorward.web.profile.zones import zone_options

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.accounts.models import Administrator
    from doorward.web.kit.forms import Wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordForm:
    """One's own password, and another one. Passwords are never kept while a form waits for reauthentication."""

    current: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondAddressForm:
    """A second address for notifications."""

    second_email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveForm:
    """The second address is to go."""

    remove: bool


@dataclass(frozen=True, slots=True)
class SecondAddressPage:
    """One's second address as typed, the one that holds, and the one that waits for its mailbox."""

    email: str
    typed: str
    holds: str
    pending: str
    pending_since: datetime | None
    wrong: Wrong


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """One's own data as typed, what is wrong with it, and the e-mail that waits for confirmation."""

    typed: OwnProfile
    full_name: str
    zones: list[Option]
    speeches: list[Option]
    wrong: Wrong
    pending: str = ""
    pending_since: datetime | None = None
    second: str = ""


@dataclass(frozen=True, slots=True)
class PasswordPage:
    """The form of a new password; `fresh`: a proof was given just now, so that it can be sent."""

    minimum: int
    fresh: bool
    wrong: Wrong
    again: bool = False


def of(person: Administrator) -> OwnProfile:
    """Return a person's profile as the form shows it."""
    return OwnProfile(
        first_name=person.first_name,
        last_name=person.last_name,
        phone=readable_phone(person.phone),
        email=person.email,
        language=person.language,
        time_zone=person.time_zone,
    )


def second_address_page(
    person: Administrator, *, now: datetime, typed: str | None, found: Wrong
) -> SecondAddressPage:
    """Make the page of the second address as it stands."""
    asked = second_address.pending(person.id, now=now)
    return SecondAddressPage(
        email=person.email,
        typed=person.second_email if typed is None else typed,
        holds=person.second_email,
        pending=asked.email if asked else "",
        pending_since=asked.created_at if asked else None,
        wrong=found,
    )


def profile_page(
    person: Administrator, typed: OwnProfile, found: Wrong, *, now: datetime
) -> ProfilePage:
    """Make the page of the form as it stands."""
    pending = email_change.pending(person.id, now=now)
    return ProfilePage(
        typed=typed,
        full_name=person.full_name,
        zones=zone_options(typed.time_zone),
        speeches=_speeches(typed.language),
        wrong=found,
        pending=pending.email if pending else "",
        pending_since=pending.asked_at if pending else None,
        second=person.second_email,
    )


def _speeches(chosen: str) -> list[Option]:
    codes = dict(settings.LANGUAGES)
    current = chosen if chosen in codes else get_language()
    return [Option(one["code"], one["name"], one["code"] == current) for one in languages()]
