"""Who had to, and who did: the people of a customer with what is asked of them and what they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorward.accounts.events import TWO_FACTOR_REQUIRED
from doorward.accounts.models import ACTIVE_OR_INVITED, Administrator, Status
from doorward.accounts.required_of import member_of
from doorward.audit.models import Event
from doorward.credentials.models import USABLE, Factor
from doorward.customers.cached import not_for
from doorward.customers.tab_titles import titles_of
from doorward.kernel.db.paging import ROWS
from doorward.policy.effective import effective
from doorward.policy.loading import policies_of
from doorward.policy.rules import FactorKind, RequiredBy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.operations.evidence.about import About
    from doorward.operations.evidence.tables import Row
    from doorward.policy.effective import Policies
    from doorward.policy.rules import Policy

BY: Final = {
    RequiredBy.TICK: gettext_lazy("own tick"),
    RequiredBy.POLICY: gettext_lazy("policy"),
    RequiredBy.MINIMUM_CUSTOMER: gettext_lazy("provider's minimum"),
    RequiredBy.MINIMUM_BRAND: gettext_lazy("provider's minimum for all"),
}
KINDS: Final = {
    FactorKind.APP: gettext_lazy("authenticator app"),
    FactorKind.PASSKEY: gettext_lazy("passkey"),
}


@dataclass(slots=True)
class Numbers:
    """What the table comes to: of those who are counted (`directory/state.py`), who can sign in or will."""

    people: int = 0
    required: int = 0
    in_time: int = 0
    protected: int = 0
    missing: int = 0

    def count(self, policy: Policy, *, protected: bool, now: datetime) -> None:
        """Count somebody."""
        self.people += 1
        self.protected += protected
        self.required += policy.required
        if policy.required and not protected:
            self.in_time += policy.in_grace(now)
            self.missing += not policy.in_grace(now)


@dataclass(frozen=True, slots=True)
class _Page:
    """What is known of the people of a page: their usable factors, and when they were ticked last."""

    factors: dict[UUID, list[Factor]]
    ticked: dict[UUID, datetime]


def people_rows(about: About, numbers: Numbers) -> Iterator[Row]:
    """Return everybody, by name, those who were removed at last; `numbers` has been counted at the end."""
    policies = policies_of(about.customer)
    people = Administrator.objects.of(about.customer.id)
    for rows in (people.exclude(status=Status.REMOVED), people.filter(status=Status.REMOVED)):
        for page in _pages(rows):
            known = _known(about, [person.id for person in page])
            for person in page:
                yield _row(person, known, policies, numbers, about)


def _pages(rows: QuerySet[Administrator]) -> Iterator[list[Administrator]]:
    """Return people by name, page by page."""
    rest = rows
    while page := list(rest.order_by("name_sort", "id")[:ROWS]):
        yield page
        last = page[-1]
        rest = rows.filter(
            Q(name_sort__gt=last.name_sort) | Q(name_sort=last.name_sort, id__gt=last.id)
        )


def _known(about: About, ids: list[UUID]) -> _Page:
    factors: dict[UUID, list[Factor]] = {}
    for factor in Factor.objects.filter(USABLE, administrator_id__in=ids).order_by("confirmed_at"):
        factors.setdefault(factor.administrator_id, []).append(factor)
    ticks = Event.objects.filter(
        customer_id=about.customer.id, type=TWO_FACTOR_REQUIRED, subject_id__in=ids, outcome="ok"
    )
    ticked = dict(ticks.order_by().values_list("subject_id").annotate(last=Max("at")))
    return _Page(factors, {id: at for id, at in ticked.items() if id is not None})


def _row(
    person: Administrator, known: _Page, policies: Policies, numbers: Numbers, about: About
) -> Row:
    policy = effective(member_of(person), policies, now=about.now)
    factors = known.factors.get(person.id, [])
    accepted = [one for one in factors if policy.accepts(FactorKind(one.kind))]
    if person.status in ACTIVE_OR_INVITED:
        numbers.count(policy, protected=bool(accepted), now=about.now)
    since = policy.grace_until or (known.ticked.get(person.id) if person.require_2fa else None)
    kinds = dict.fromkeys(map(_kind, factors))
    return (
        person.full_name if person.email else _("(erased)"),
        person.email,
        str(Status(person.status).label),
        titles_of(person.tab_keys, without=not_for(about.customer.brand_id, about.customer.id)),
        ", ".join(str(BY[by]) for by in policy.required_by) or _("nobody"),
        since if policy.required else None,
        ", ".join(kinds) or _("none"),
        factors[0].confirmed_at if factors else None,
        _answer(policy, accepted=bool(accepted), about=about),
        person.last_signed_in_at,
    )


def _kind(factor: Factor) -> str:
    kind = str(KINDS[FactorKind(factor.kind)])
    # It came from another system, and nobody has signed in with it here.
    return _("%(kind)s (taken over, not used yet)") % {"kind": kind} if factor.taken_over else kind


def _answer(policy: Policy, *, accepted: bool, about: About) -> str:
    if not policy.required:
        return _("not required")
    if accepted:
        return _("yes")
    return _("still has time") if policy.in_grace(about.now) else _("no")
