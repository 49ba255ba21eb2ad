"""The versions of the policy and of the provider's minimums that held in the period: what, from when, by whom, why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from doorward.audit.field_words import changes_in
from doorward.customers.protection import details_of
from doorward.policy.field_words import words_of
from doorward.policy.fields import FIELDS, read
from doorward.policy.versions import (
    changes_between,
    minimum_of_brand,
    minimum_of_customer,
    policy_of_customer,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.operations.evidence.about import About
    from doorward.operations.evidence.tables import Row
    from doorward.policy.models import PolicyVersion
    from doorward.policy.versions import Owner

# As the page has them, with the unit: what only says what changed has shorter ones.
WORDS: Final = {f"policy.{one.key}": words_of(one, one.label) for one in FIELDS.values()}


def version_rows(about: About) -> Iterator[Row]:
    """Return the versions of each series, the oldest first. What was taken back never held, and is left out."""
    customer = about.customer
    for whose, owner in (
        (_("policy"), policy_of_customer(customer.id)),
        (_("provider's minimum"), minimum_of_customer(customer.id)),
        (_("provider's minimum for all"), minimum_of_brand(customer.brand_id)),
    ):
        rows = owner.versions().filter(withdrawn_at=None, starts_at__lt=about.until)
        there = list(rows.order_by("starts_at", "number"))
        ends = [one.starts_at for one in there[1:]] + [None]
        for version, ended_at in zip(there, ends, strict=False):
            if ended_at is None or ended_at > about.since:
                yield (*_row(whose, version, owner), ended_at)


def _row(whose: str, version: PolicyVersion, owner: Owner) -> Row:
    return (
        whose,
        str(version.number),
        what_it_asks(version, owner),
        version.saved_by_name or _("the operator"),
        version.reason,
        version.starts_at,
    )


def what_it_asks(version: PolicyVersion, owner: Owner) -> str:
    """Return what differs from the defaults, in words."""
    changes = changes_between(owner.default, read(version.values))
    told = changes_in(details_of(changes), WORDS)
    asked = [f"{name}: {value or '–'}" for name, _before, value in told]
    return "; ".join(asked) or _("nothing beyond the defaults")
