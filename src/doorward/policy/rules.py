"""What a policy says of one person: whether two factors are required, with what, and who gets through."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

from doorward.policy.fields import Kinds
from doorward.policy.series import Scope

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime


class FactorKind(StrEnum):
    """What verifies a second time who signs in."""

    APP = "app"
    PASSKEY = "passkey"


class RequiredBy(Enum):
    """Who asks for two factors; pages say it beside the tick."""

    TICK = "tick"
    POLICY = "policy"
    MINIMUM_CUSTOMER = "minimum_customer"
    MINIMUM_BRAND = "minimum_brand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What holds for one administrator now.

    `grace_until` is the moment from which the requirement bites, None: at once (or there is none).
    `scope`: of whom it is required at their customer besides those who are ticked. `excepted_until`: until when the
    customer's policy, which would ask them, does not; None: there is no such exception.
    """

    required: bool
    required_by: tuple[RequiredBy, ...]
    grace_until: datetime | None
    kinds: Kinds
    trust_days: int
    session_seconds: int
    idle_seconds: int
    scope: Scope = Scope()  # noqa: RUF009 - it cannot be changed
    excepted_until: datetime | None = None

    def in_grace(self, now: datetime) -> bool:
        """Return whether the requirement may still be put off; over at the very moment of `grace_until`."""
        return self.grace_until is not None and now < self.grace_until

    def accepts(self, kind: FactorKind) -> bool:
        """Return whether a factor of this kind is enough for what is required; where nothing is, each one is."""
        return not self.required or self.kinds is Kinds.ANY or kind is FactorKind.PASSKEY

    @property
    def held(self) -> bool:
        """Return whether policy or minimum require it, so that the person's own tick changes nothing."""
        return any(reason is not RequiredBy.TICK for reason in self.required_by)


def gets_through(
    policy: Policy, usable: Collection[FactorKind], *, has_any: bool, reachable: bool
) -> bool:
    """Return whether somebody gets through with what is asked of them, grace apart.

    Whose devices are all disabled, or none of the kind that is asked for, does not. Who has none is led to set one up,
    which begins with their mailbox. `has_any`: they have some device, usable or not. `reachable`: mail reaches them.
    """
    if has_any:
        return any(map(policy.accepts, usable))
    return reachable or not policy.required


def is_required(*, ticked: bool, held: bool) -> bool:
    """Return whether two factors are required of somebody: by their own tick, or by policy or minimum."""
    return ticked or held
