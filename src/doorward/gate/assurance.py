"""How well a session knows who sits there: what an application is told of it, and what it may ask for.

The words are those of `acr` and `amr` (OpenID Connect Core, 2; RFC 8176). They say what was verified in this session:
a browser that is trusted verified nothing but the password.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from doorward.policy.rules import FactorKind

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.sessions.facts import FactorFacts, Facts


class Assurance(StrEnum):
    """What was verified, from the least on. `phr` is a word of OpenID's EAP ACR Values: phishing-resistant."""

    PASSWORD = "urn:doorward:password"  # noqa: S105 - the name of a level
    TWO_FACTOR = "urn:doorward:two-factor"
    PHISHING_RESISTANT = "phr"


_IN_ORDER: Final = tuple(Assurance)


def reaches(one: Assurance, other: Assurance) -> bool:
    """Return whether the first is as much as the second, or more."""
    return _IN_ORDER.index(one) >= _IN_ORDER.index(other)


def assurance_of(facts: Facts) -> Assurance:
    """Return what was verified in this session."""
    verified = verified_factor(facts)
    if verified is not None:
        return of_kind(verified.kind)
    session = facts.session
    if session is not None and session.recovery_at is not None:
        return Assurance.TWO_FACTOR
    return Assurance.PASSWORD


def of_kind(kind: FactorKind) -> Assurance:
    """Return what a factor of this kind is good for."""
    return Assurance.PHISHING_RESISTANT if kind is FactorKind.PASSKEY else Assurance.TWO_FACTOR


def can_reach(facts: Facts, wanted: Assurance) -> bool:
    """Return whether one of the person's own factors is good for it."""
    return any(one.usable and reaches(of_kind(one.kind), wanted) for one in facts.factors)


def wanted_of(facts: Facts, asked: Assurance | None) -> Assurance:
    """Return what must be verified before anything is given: what is asked for, and what the person's rules ask."""
    due = Assurance.TWO_FACTOR if facts.factors or facts.policy.required else Assurance.PASSWORD
    if facts.policy.required and not facts.policy.accepts(FactorKind.APP):
        due = Assurance.PHISHING_RESISTANT
    return [one for one in Assurance if one in {asked, due}][-1]


def methods_of(facts: Facts) -> tuple[str, ...]:
    """Return what was verified, in the words of RFC 8176, 2. A recovery code has no word there."""
    session, verified = facts.session, verified_factor(facts)
    if session is None:
        return ()
    methods = ["pwd"] if session.password_at is not None else []
    if verified is not None:
        methods += ["pop"] if verified.kind is FactorKind.PASSKEY else ["otp"]
    if session.passkey_at is not None and session.password_at is None:
        # Alone, it verified its user as well.
        methods.append("user")
    recovered = session.recovery_at is not None
    return tuple([*methods, "mfa"] if len(methods) > 1 or recovered else methods)


def verified_at(facts: Facts) -> datetime | None:
    """Return when it was last verified who sits there: the factor's moment where one was, else the newest."""
    session = facts.session
    if session is None:
        return None
    if verified_factor(facts) is not None:
        return session.factor_at
    moments = (session.recovery_at, session.passkey_at, session.password_at)
    return max((one for one in moments if one is not None), default=None)


def verified_factor(facts: Facts) -> FactorFacts | None:
    """Return the factor that was verified in this session and still can be; None: there is none."""
    session = facts.session
    if session is None or session.factor_at is None:
        return None
    return next((one for one in facts.factors if one.usable and one.id == session.factor_id), None)
