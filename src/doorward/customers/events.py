"""What is recorded of customers, brands and tabs: each event declared once. Stored keys never change their meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from doorward.audit.events import (
    Audience,
    EventType,
    Group,
    Notification,
)
from doorward.customers.models import Customer, CustomerKind

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.models import Event


def by_the_provider(event: Event) -> bool:
    """The provider's own people did it, or the operator at the console; not a customer for itself."""
    actor_id = event.actor_id
    if actor_id is None:
        return True
    provider = Customer.objects.filter(kind=CustomerKind.PROVIDER)
    return provider.filter(administrator__id=actor_id).exists()


def notified_by_nothing_else(event: Event) -> bool:
    """A customer's people are concerned by more than what other messages tell them of."""
    customer_id = event.customer_id
    if customer_id is None or _is_the_providers(customer_id):
        return not by_the_provider(event)
    changed = event.details.get("changed")
    # Of a policy and a minimum they are told by the event of its new version.
    return isinstance(changed, list) and not all(name.startswith("policy.") for name in changed)


def _is_the_providers(customer_id: UUID) -> bool:
    return Customer.objects.filter(id=customer_id, kind=CustomerKind.PROVIDER).exists()


ACCESS_REFUSED = EventType(
    "access_refused",
    group=Group.SIGN_IN,
    icon="ban",
    sentence=_("%(subject)s asked for something that they have no right to."),
    tone="warn",
)

CUSTOMER_ADDED = EventType(
    "customer_added",
    group=Group.ACCOUNT,
    icon="building-2",
    sentence=_("%(actor)s added the account."),
)

CUSTOMER_CHANGED = EventType(
    "customer_changed",
    group=Group.ACCOUNT,
    icon="building-2",
    sentence=_("%(actor)s changed the account."),
)

CUSTOMER_EXPORTED = EventType(
    "customer_exported",
    group=Group.ACCOUNT,
    icon="download",
    sentence=_("%(actor)s exported everything that the customer owns."),
    notifications=(Notification(Audience.ADMINISTRATORS, "customer_exported"),),
)

CUSTOMER_DELETION_ASKED = EventType(
    "customer_deletion_asked",
    group=Group.ACCOUNT,
    icon="trash-2",
    sentence=_("%(actor)s asked for the customer to be deleted for good."),
    tone="warn",
    notifications=(Notification(Audience.STAFF, "customer_deletion_asked"),),
)

CUSTOMER_DELETION_TAKEN_BACK = EventType(
    "customer_deletion_taken_back",
    group=Group.ACCOUNT,
    icon="undo-2",
    sentence=_("%(actor)s took back the request to delete the customer."),
)

CUSTOMER_DELETED = EventType(
    "customer_deleted",
    group=Group.ACCOUNT,
    icon="trash-2",
    sentence=_("%(actor)s deleted the customer for good."),
    tone="warn",
)

CUSTOMER_BROUGHT_BACK = EventType(
    "customer_brought_back",
    group=Group.ACCOUNT,
    icon="archive-restore",
    sentence=_("%(actor)s brought the customer back from a backup."),
    tone="warn",
)

NOTE_ADDED = EventType(
    "note_added",
    group=Group.ACCOUNT,
    icon="notebook-pen",
    sentence=_("%(actor)s wrote a note about the customer."),
)

NOTE_REMOVED = EventType(
    "note_removed",
    group=Group.ACCOUNT,
    icon="notebook-pen",
    sentence=_("%(actor)s removed a note about the customer."),
)

PROTECTION_LOWERED = EventType(
    "protection_lowered",
    group=Group.ACCOUNT,
    icon="shield-alert",
    sentence=_("%(actor)s changed protection settings or where links lead."),
    tone="warn",
    notifications=(
        Notification(Audience.STAFF, "protection_lowered_staff", by_the_provider),
        Notification(Audience.ADMINISTRATORS, "protection_lowered", notified_by_nothing_else),
    ),
)

BRAND_ADDED = EventType(
    "brand_added",
    group=Group.ACCOUNT,
    icon="palette",
    sentence=_("%(actor)s added a brand."),
)

BRAND_CHANGED = EventType(
    "brand_changed",
    group=Group.ACCOUNT,
    icon="palette",
    sentence=_("%(actor)s changed a brand."),
)

TAB_ADDED = EventType(
    "tab_added",
    group=Group.ACCOUNT,
    icon="panels-top-left",
    sentence=_("%(actor)s added a tab."),
)

TAB_CHANGED = EventType(
    "tab_changed",
    group=Group.ACCOUNT,
    icon="panels-top-left",
    sentence=_("%(actor)s changed a tab."),
)

TAB_REMOVED = EventType(
    "tab_removed",
    group=Group.ACCOUNT,
    icon="panels-top-left",
    sentence=_("%(actor)s removed a tab."),
)
