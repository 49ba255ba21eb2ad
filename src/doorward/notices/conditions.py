"""When an event is worth a message: each condition looks at the event and the rows it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from django.db.models import Q

from doorward.administrators.models import Administrator, Session
from doorward.customers.models import Customer, CustomerKind

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.models import Event

Condition: TypeAlias = Callable[["Event"], bool]


# Of a policy and the provider's minimum: messages of their own tell of these.
_TOLD_ANYWAY = frozenset({"require_2fa", "kinds", "trust_days", "floor_require_2fa"})
_WITHOUT_PASSWORD = Q(from_link=True) | Q(passkey_at__isnull=False)


def always(event: Event) -> bool:
    """Each time."""
    del event
    return True


def from_a_new_browser(event: Event) -> bool:
    """The browser was never signed in with, and it was not a mailed link that led in.

    Who comes from an invitation or a reset link has proved the mailbox, and a notice of that very
    sign-in would go there; the reset has a message of its own.
    """
    by_link = _sessions(event).filter(from_link=True)
    return event.details.get("new_browser") is True and not by_link.exists()


def began_with_a_password(event: Event) -> bool:
    """The sign-in was begun by somebody who knows the password, and not by a mailed link or a passkey."""
    return not _sessions(event).filter(_WITHOUT_PASSWORD).exists()


def before_it_was_through(event: Event) -> bool:
    """Somebody knew the password and left at a later step: it is no matter how they left."""
    left = _sessions(event).filter(signed_in_at__isnull=True)
    return left.exclude(_WITHOUT_PASSWORD).exists()


def not_at_adding(event: Event) -> bool:
    """It was required later than the person was added: the invitation says it too."""
    return not event.details.get("at_adding")


def by_somebody_else(event: Event) -> bool:
    """It was done to them: whoever does it to themselves knows."""
    return event.actor_id != event.subject_id


def two_factors_at_stake(event: Event) -> bool:
    """The policy requires two factors from now on, or no longer does."""
    return _changed(event, "require_2fa")


def kinds_or_trust_at_stake(event: Event) -> bool:
    """The policy takes other second factors than before, or lets browsers be trusted for longer or shorter."""
    return _changed(event, "kinds", "trust_days")


def by_the_provider(event: Event) -> bool:
    """The provider's own people did it, or the operator at the console; not a customer for itself."""
    actor_id = event.actor_id
    if actor_id is None:
        return True
    actors = Administrator.objects.everywhere().filter(id=actor_id)
    return actors.filter(customer__kind=CustomerKind.PROVIDER).exists()


def told_by_nothing_else(event: Event) -> bool:
    """A customer's people are concerned by more than what other messages tell them of."""
    customer_id = event.customer_id
    if customer_id is None or _is_the_providers(customer_id):
        return not by_the_provider(event)
    changed = event.details.get("changed")
    return isinstance(changed, list) and bool(set(changed) - _TOLD_ANYWAY)


def _is_the_providers(customer_id: UUID) -> bool:
    return Customer.objects.filter(id=customer_id, kind=CustomerKind.PROVIDER).exists()


def _changed(event: Event, *names: str) -> bool:
    changed = event.details.get("changed")
    return isinstance(changed, list) and any(name in changed for name in names)


def _sessions(event: Event) -> QuerySet[Session]:
    return Session.objects.filter(id__in=[event.session_id] if event.session_id else [])
