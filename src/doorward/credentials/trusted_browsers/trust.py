"""Trusted browsers: where the policy allows it, a factor that was verified is not asked for again for some days.

The cookie has a token, the row its keyed hash. Whether a trust holds is decided live, by `rules.py` beside this; what
ends all sessions of a person ends them too, since they carry the security version they were made with.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import F, Q

from doorward.accounts.required_of import member_of
from doorward.audit import removals
from doorward.audit.record import record
from doorward.credentials.errors import TrustNotAllowed
from doorward.credentials.events import BROWSER_TRUSTED, TRUSTED_BROWSERS_ENDED
from doorward.credentials.models import TrustedBrowser
from doorward.credentials.trusted_browsers import rules
from doorward.customers.models import Customer
from doorward.customers.rights import authorise
from doorward.kernel.crypto.sealing import keyed_hash
from doorward.kernel.errors import AlreadyRemoved, NotFound
from doorward.permissions.actions import Action
from doorward.policy.effective import effective
from doorward.policy.fields import Kinds
from doorward.policy.loading import policies_of
from doorward.sessions.facts import TrustFacts
from doorward.sessions.issuing import new_token

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import Actor
    from doorward.audit.record import Detail
    from doorward.policy.effective import Policies
    from doorward.policy.rules import FactorKind
    from doorward.sessions.context import AuthContext


@dataclass(frozen=True, slots=True)
class Trusted:
    """A browser that is trusted from now on: the token for its cookie (secret), and for how many days.

    `others`: the tokens of the people who share it, as many as there is room for.
    """

    token: str
    days: int
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A trusted browser as its owner sees it."""

    id: UUID
    browser: str
    trusted_at: datetime
    used_at: datetime | None
    until: datetime


def is_offered(auth: AuthContext) -> bool:
    """Return whether the second step may offer to trust this browser, with a factor that is still to be verified."""
    policy, session = auth.facts.policy, auth.facts.session
    recovered = session is not None and session.recovery_at is not None
    factors = (row for row in auth.factors if row.usable)
    return not recovered and any(rules.may_begin(policy, row.kind) for row in factors)


def begin(
    *, auth: AuthContext, kind: FactorKind, old_token: str, actor: Actor, now: datetime
) -> Trusted:
    """Trust a browser in which a factor of this kind was verified just now; its old trust of this person goes.

    The token is always a new one: who could put one of theirs into somebody's browser would know it. It
    holds for the security version of the session that verified it. Raises `TrustNotAllowed`.
    """
    authorise(actor, Action.TRUST_BROWSER, subject=auth.person.id)
    policy, session = auth.facts.policy, auth.facts.session
    if session is None or not is_offered(auth) or not rules.may_begin(policy, kind):
        raise TrustNotAllowed
    token = new_token()
    with transaction.atomic():
        others = _end_replaced(auth.person.id, old_token)
        TrustedBrowser.objects.create(
            administrator_id=auth.person.id,
            token_hash=trusted_hash(token),
            security_version=session.security_version,
            required=policy.required,
            kinds=policy.kinds,
            trusted_at=now,
            until=now + timedelta(days=policy.trust_days),
            browser=actor.client.browser[:300],
        )
        record(BROWSER_TRUSTED, actor=actor, details={"days": policy.trust_days})
    return Trusted(token=token, days=policy.trust_days, others=others[: MOST_TRUSTED - 1])


def _end_replaced(person_id: UUID, old_token: str) -> tuple[str, ...]:
    """End this browser's earlier trust of the person; return the tokens of others that it has."""
    old = {trusted_hash(one): one for one in old_token.split(".")}
    replaced = TrustedBrowser.objects.filter(administrator_id=person_id, token_hash__in=old)
    for hashed in list(replaced.values_list("token_hash", flat=True)):
        del old[bytes(hashed)]
    replaced.delete()
    return tuple(filter(None, old.values()))


def mark_used(trusted_id: UUID, *, now: datetime) -> None:
    """Write down that a sign-in went through by this trust."""
    TrustedBrowser.objects.filter(id=trusted_id).update(used_at=now)


def of(auth: AuthContext, *, now: datetime) -> list[Listed]:
    """Return the browsers that this person trusts and that count now, the newest first."""
    policy, version = auth.facts.policy, auth.facts.security_version
    if not policy.trust_days:
        return []
    rows = TrustedBrowser.objects.filter(administrator_id=auth.person.id)
    found = [(row, facts_of_trust(row)) for row in rows.order_by("-trusted_at", "id")]
    return [
        Listed(row.id, row.browser, row.trusted_at, row.used_at, rules.ends_at(facts, policy))
        for row, facts in found
        if rules.holds(facts, policy, security_version=version, now=now)
    ]


def end_one(trusted_id: UUID, *, administrator_id: UUID, actor: Actor) -> None:
    """End one of a person's own. Raises `AlreadyRemoved` where they ended it before, and `NotFound`."""
    authorise(actor, Action.END_OWN_TRUST, subject=administrator_id)
    with transaction.atomic():
        one = TrustedBrowser.objects.filter(id=trusted_id, administrator_id=administrator_id)
        if not one.delete()[0]:
            ended = removals.was_removed(trusted_id, [TRUSTED_BROWSERS_ENDED], actor=actor)
            raise AlreadyRemoved if ended else NotFound
        _tell_ended([trusted_id], actor=actor)


def end_all(*, administrator_id: UUID, actor: Actor) -> int:
    """End all of a person's own; return how many were."""
    authorise(actor, Action.END_OWN_TRUST, subject=administrator_id)
    with transaction.atomic():
        theirs = TrustedBrowser.objects.select_for_update().filter(
            administrator_id=administrator_id
        )
        ended = list(theirs.values_list("id", flat=True))
        if ended:
            theirs.filter(id__in=ended).delete()
            _tell_ended(ended, actor=actor)
    return len(ended)


def _tell_ended(ended: list[UUID], *, actor: Actor) -> None:
    details: dict[str, Detail] = {"browsers": len(ended), **removals.ids(ended)}
    record(TRUSTED_BROWSERS_ENDED, actor=actor, details=details)


def forget_all(administrator_id: UUID) -> int:
    """Delete all of a person's, in the caller's transaction, whose event says why; return how many there were."""
    return TrustedBrowser.objects.filter(administrator_id=administrator_id).delete()[0]


def follow_policy(customers: QuerySet[Customer], *, now: datetime) -> int:
    """End what the policies of these customers no longer allow, and shorten the rest; return how many ended.

    In the caller's transaction. One that is dated in the future does not hold either, and stays.
    """
    ended = 0
    theirs = customers.filter(administrator__trusted_browsers__isnull=False).distinct()
    for customer in theirs.select_related("brand").iterator(chunk_size=500):
        policies = policies_of(customer)
        rows = TrustedBrowser.objects.filter(administrator__customer_id=customer.id)
        gone = [
            row.id for row in rows.select_related("administrator") if _is_over(row, policies, now)
        ]
        ended += rows.filter(id__in=gone).delete()[0]
        latest = F("trusted_at") + timedelta(days=policies.values(now=now).trust_days)
        rows.filter(until__gt=latest).update(until=latest)
    return ended


def _is_over(row: TrustedBrowser, policies: Policies, now: datetime) -> bool:
    policy = effective(member_of(row.administrator), policies, now=now)
    version = row.administrator.security_version
    at = max(now, row.trusted_at)
    return not rules.holds(facts_of_trust(row), policy, security_version=version, now=at)


def forget(*, now: datetime) -> int:
    """Delete what holds no more, so that it does not again if what ended it is undone; return how many.

    What a policy ends is deleted when it begins to (`policy_change`), but for one that asks the users of certain
    tabs: who they are changes from day to day.
    """
    ended = (
        Q(until__lte=now)
        | ~Q(security_version=F("administrator__security_version"))
        | Q(required=False, administrator__require_2fa=True)
    )
    by_tabs = Q(policy__contains=_BY_TABS) | Q(minimum__contains=_BY_TABS)
    some = Customer.objects.filter(by_tabs | Q(brand__minimum__contains=_BY_TABS))
    return TrustedBrowser.objects.filter(ended).delete()[0] + follow_policy(some, now=now)


# As a series is written with its customer.
_BY_TABS: Final = '"required_of": "tabs"'


def facts_of_trust(row: TrustedBrowser) -> TrustFacts:
    """Return what a decision reads of a trusted browser."""
    return TrustFacts(
        trusted_at=row.trusted_at,
        until=row.until,
        security_version=row.security_version,
        required=row.required,
        kinds=Kinds(row.kinds),
    )


# How many people may trust one browser: what a cookie has room for, and more than share one.
MOST_TRUSTED = 8


def trusted_hash(token: str) -> bytes:
    """Return what the row of a trusted browser stores of its cookie's token."""
    return keyed_hash("trusted", token)
