"""What messages say of managing: who, why, where it is watched, and at the end all that was looked at and done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorward.managing import queries, watching
from doorward.managing.models import Managing
from doorward.notifications import names_and_times
from doorward.notifications.events import ALL
from doorward.notifications.links_and_codes import as_id

if TYPE_CHECKING:
    from doorward.audit.models import Event


@dataclass(frozen=True, slots=True)
class Told:
    """Who of the support it is and why, its page at the customer, and that of whoever asked.

    `changes`: whether something may be changed, or is to be. `looked` and `done`: each line in words, the oldest first.
    """

    staff: str
    reason: str
    path: str
    own_path: str
    company: str
    changes: bool
    looked: tuple[str, ...]
    done: tuple[str, ...]


def told_of(event: Event) -> Told | None:
    """Return what there is to say of the managing that an event names; None: it names none, or it was forgotten."""
    found = as_id(event.details.get("managing"))
    if not Managing.objects.filter(id=found).exists():
        return None
    managing = queries.by_id(found)
    return Told(
        staff=names_and_times.person(managing.staff.full_name, managing.staff.email),
        reason=names_and_times.name(managing.reason),
        path=f"/managing/{managing.id}/",
        own_path=f"/customers/{managing.customer_id}/manage/",
        company=names_and_times.name(managing.customer.name),
        changes=event.details.get("changes") is True,
        looked=tuple(_look(seen) for seen in reversed(watching.seen(managing))),
        done=tuple(_sentence(one) for one in reversed(watching.done(managing))),
    )


def _look(seen: watching.Seen) -> str:
    return f"{seen.words}: {names_and_times.name(seen.person)}" if seen.person else seen.words


def _sentence(event: Event) -> str:
    found = ALL.get(event.type)
    if found is None:
        return event.type
    names = {
        "actor": names_and_times.person(event.actor_name, event.actor_email),
        "subject": names_and_times.person(event.subject_name, event.subject_email),
    }
    return str(found.by_another or found.sentence) % names
