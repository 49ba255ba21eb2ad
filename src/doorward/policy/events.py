"""What is recorded of policies: each event declared once. Stored keys never change their meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from doorward.audit.events import (
    Audience,
    EventType,
    Group,
    Notification,
    has_changed,
)

if TYPE_CHECKING:
    from doorward.audit.models import Event


def two_factors_at_stake(event: Event) -> bool:
    """The policy requires two factors from now on, or no longer does."""
    return has_changed(event, "require_2fa")


def kinds_or_trust_at_stake(event: Event) -> bool:
    """The policy takes other second factors than before, or lets browsers be trusted for longer or shorter."""
    return has_changed(event, "kinds", "trust_days")


POLICY_CHANGED = EventType(
    "policy_changed",
    group=Group.ACCOUNT,
    icon="settings-2",
    sentence=_("%(actor)s changed the policy of the account."),
    notifications=(
        Notification(Audience.ADMINISTRATORS, "policy_changed", two_factors_at_stake),
        Notification(Audience.ADMINISTRATORS, "factor_rules_changed", kinds_or_trust_at_stake),
    ),
)
