"""When a session is open: of its facts, which the gate decides on, and of its row, as lookups. The two say the same.

How long one lasts, used or idle, is the policy's (`policy/session_lengths.py`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from doorward.kernel.clock_set_back import SKEW, lasts

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.policy.rules import Policy
    from doorward.sessions.facts import BindingFacts, ManagingFacts, SessionFacts

# A cookie of the device counts that much longer than the browser keeps it: what is on its way, and clocks.
IN_FLIGHT: Final = timedelta(seconds=30)
_MOMENTS: Final = (
    "created_at",
    "seen_at",
    "password_at",
    "passkey_at",
    "factor_at",
    "recovery_at",
    "mailbox_at",
    "pass_at",
)


def is_open(session: SessionFacts, *, policy: Policy, security_version: int, now: datetime) -> bool:
    """Return whether somebody began this session and it is not at its end."""
    return (
        not session.ended
        and (session.password_at is not None or session.passkey_at is not None)
        and lasts(session.created_at, timedelta(seconds=policy.session_seconds), now=now)
        and lasts(session.seen_at, timedelta(seconds=policy.idle_seconds), now=now)
        and session.security_version == security_version
    )


def is_from_its_device(
    binding: BindingFacts | None, brought: bytes | None, *, now: datetime
) -> bool:
    """Return whether a request may be of a session: not bound, or with the cookie that its device alone renews.

    `brought`: the hash of that cookie; None: the request has none. Nobody is asked for it before the browser brought it
    once, nor for what was on its way just then: the page that follows a sign-in is asked for while the key is made.
    """
    if binding is None or binding.at is None:
        return True
    if brought == binding.hash:
        return now < binding.until
    if binding.before_until is not None and brought == binding.before:
        return now < binding.before_until
    return brought is None and lasts(binding.at, IN_FLIGHT, now=now)


def as_asked(session: SessionFacts, *, asked_at: datetime, now: datetime) -> SessionFacts:
    """Return the session no older than it was when something was asked in it, and with no proof made since.

    So it is decided once more on what goes on without its browser: as it was then, by all that holds now.
    """
    moments = {
        name: min(moment, asked_at) + (now - asked_at)
        for name in _MOMENTS
        if (moment := getattr(session, name)) is not None
    }
    return replace(session, **moments)


def is_managing(managing: ManagingFacts, *, now: datetime) -> bool:
    """Return whether the provider's staff may be in a customer's portal now."""
    return (
        managing.running
        and managing.until is not None
        and now < managing.until
        and managing.may
        and managing.wanted
        and managing.behalf
    )


def open_rows(policy: Policy, *, now: datetime) -> dict[str, datetime]:
    """Return the lookups of `is_open` that have a moment; `queries.open_by` has the others."""
    idle, whole = timedelta(seconds=policy.idle_seconds), timedelta(seconds=policy.session_seconds)
    return {
        "seen_at__gt": now - idle,
        "seen_at__lte": now + SKEW,
        "created_at__gt": now - whole,
        "created_at__lte": now + SKEW,
    }
