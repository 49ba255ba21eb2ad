"""What the profile and the password page show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import get_language

from doorward.accounts.own_profile import OwnProfile
from doorward.accounts.phones import readable_phone
from doorward.web.kit.fields import Option
from doorward.web.kit.jinja import languages
from doorward.web.kit.refusals import sentence
from doorward.web.profile.zones import zone_options

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from doorward.accounts.models import Administrator, EmailChange
    from doorward.kernel.errors import Refusal


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """One's own data as typed, what is wrong with it, and the e-mail that waits for confirmation."""

    typed: OwnProfile
    full_name: str
    zones: list[Option]
    speeches: list[Option]
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    pending: str = ""
    pending_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class PasswordPage:
    """The form of a new password; `fresh`: a proof was given just now, so that it can be sent."""

    minimum: int
    fresh: bool
    current_error: str = ""
    password_error: str = ""
    wait: int = 0
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


def profile_page(
    person: Administrator,
    *,
    pending: EmailChange | None,
    typed: OwnProfile | None = None,
    refused: Mapping[str, Refusal] | None = None,
) -> ProfilePage:
    """Make the page from the row, or from what was typed where that was not accepted."""
    shown = typed or of(person)
    return ProfilePage(
        typed=shown,
        full_name=person.full_name,
        zones=zone_options(shown.time_zone),
        speeches=_speeches(shown.language),
        errors={name: [sentence(one)] for name, one in (refused or {}).items()},
        pending=pending.email if pending else "",
        pending_since=pending.asked_at if pending else None,
    )


def _speeches(chosen: str) -> list[Option]:
    codes = dict(settings.LANGUAGES)
    current = chosen if chosen in codes else get_language()
    return [Option(one["code"], one["name"], one["code"] == current) for one in languages()]
