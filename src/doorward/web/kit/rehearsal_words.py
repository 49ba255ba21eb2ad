"""What a rehearsal tells of somebody, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorward.policy.fields import Kinds
from doorward.rollout.rules import Outcome, Why
from doorward.web.kit.times import number

if TYPE_CHECKING:
    from doorward.rollout.kept_rehearsals import Kept

# As a tag has them: tone and icon.
LOOKS = {
    Outcome.SET_UP_NEXT: ("warn", "smartphone"),
    Outcome.SET_UP_LATER: ("accent", "calendar-clock"),
    Outcome.OTHER_KIND_NEXT: ("warn", "key-round"),
    Outcome.STUCK: ("bad", "circle-alert"),
    Outcome.COVERED: ("good", "check"),
    Outcome.NOT_CONCERNED: ("", ""),
}


def outcome(of: Outcome) -> str:
    """Return what happens to somebody."""
    return {
        Outcome.SET_UP_NEXT: _("Sets up a device at the next sign-in"),
        Outcome.SET_UP_LATER: _("Sets up a device later"),
        Outcome.OTHER_KIND_NEXT: _("Needs another kind of device"),
        Outcome.STUCK: _("Cannot get in without help"),
        Outcome.COVERED: _("Ready"),
        Outcome.NOT_CONCERNED: _("Not concerned"),
    }[of]


def why(of: Why | None) -> str:
    """Return why somebody could not get in; empty: nothing is in the way."""
    if of is None:
        return ""
    return {
        Why.NO_MAIL: _("No mail reaches them, and they have no device."),
        Why.ONLY_DISABLED: _("Their device is disabled, and they have no recovery codes."),
        Why.NO_PASSKEYS: _("They cannot make a passkey with the browser that they used last."),
    }[of]


def verb(kept: Kept, *, concerned: int) -> str:
    """Return what the button says: what is done, to how many people; `concerned`: whom what is changed concerns."""
    counts, wanted = kept.count(), kept.plan.wanted
    if wanted is None:
        return _require(concerned) if concerned else _("Require 2FA")
    if counts["newly"]:
        return _require(counts["newly"])
    if counts["freed"]:
        text = ngettext(
            "No longer require 2FA of %(n)s person",
            "No longer require 2FA of %(n)s people",
            counts["freed"],
        )
        return text % {"n": number(counts["freed"])}
    if wanted.values.kinds is Kinds.PHISHING_RESISTANT and counts[Outcome.OTHER_KIND_NEXT]:
        others = counts[Outcome.OTHER_KIND_NEXT]
        text = ngettext(
            "Require a passkey of %(n)s more person",
            "Require a passkey of %(n)s more people",
            others,
        )
        return text % {"n": number(others)}
    if not concerned:
        return _("Save the minimum") if kept.plan.owner.is_minimum else _("Save policy")
    text = ngettext("Save it for %(n)s person", "Save it for %(n)s people", concerned)
    return text % {"n": number(concerned)}


def concerns_nobody(kept: Kept, *, changes: bool) -> str:
    """Say that nobody is concerned: there is nothing that would change, or nobody for whom."""
    if kept.plan.wanted is None:
        return _("It is already required of everybody you selected.")
    if changes:
        return _("This concerns nobody at the moment.")
    return _("Nothing would change: what you chose holds already.")


def _require(people: int) -> str:
    text = ngettext("Require 2FA of %(n)s person", "Require 2FA of %(n)s people", people)
    return text % {"n": number(people)}
