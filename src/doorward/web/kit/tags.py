"""A person in a few words and a colour: how they stand with the second factor, and their status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from markupsafe import Markup

from doorward.accounts.models import Status
from doorward.directory.state import State
from doorward.policy.rules import FactorKind
from doorward.web.kit.times import day

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.directory.people import Factors


@dataclass(frozen=True, slots=True)
class Tag:
    """A few words in a colour, with an icon."""

    text: str
    tone: str = ""
    icon: str = ""


def factor_tags(
    state: State,
    factors: Factors,
    *,
    required: bool,
    status: Status,
    until: datetime | None = None,
) -> tuple[Tag, ...]:
    """Say how somebody stands; quietly for who cannot sign in anyway. `until`: they have time to set it up."""
    quiet = status is not Status.ACTIVE
    match state:
        case State.ON:
            kinds = ", ".join(kind_word(kind) for kind in factors.usable)
            tag = Tag(_("On · %(kinds)s") % {"kinds": kinds}, "good", "check")
        case State.MISSING if until:
            return (Tag(_required_from(until), "" if quiet else "warn", "clock-alert"),)
        case State.MISSING:
            return (Tag(_("Required, not set up"), "" if quiet else "bad", "triangle-alert"),)
        case State.LOCKED:
            tag = Tag(_("Device disabled"), "" if quiet else "bad", "lock")
        case _:
            tag = Tag(_("Off"), "" if quiet else "warn", "triangle-alert")
    return (tag, Tag(_("Required"))) if required else (tag,)


def _required_from(until: datetime) -> Markup:
    """One piece, or the badge would set the day apart from the comma after it."""
    text = Markup(_("Required from %(day)s, not set up")) % {"day": day(until)}  # noqa: S704 - a text of ours
    return Markup("<span>%s</span>") % text


def kind_word(kind: FactorKind) -> str:
    """Name a kind of factor in a word."""
    return _("passkey") if kind is FactorKind.PASSKEY else _("app")


def status_tag(status: Status) -> Tag:
    """Say a status."""
    tones = {Status.ACTIVE: "good", Status.SUSPENDED: "warn"}
    return Tag(str(status.label), tones.get(status, ""))
