"""What is to change of a person: checked against the rules before anything is written."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from doorward.accounts import require_two_factors, staff_scope
from doorward.accounts.errors import (
    OwnAdministratorsRight,
    OwnStatus,
    WrongStatus,
)
from doorward.accounts.events import (
    ADMINISTRATOR_REMOVED,
    ADMINISTRATOR_RESTORED,
    ADMINISTRATOR_SUSPENDED,
    DETAILS_CHANGED,
    RIGHTS_CHANGED,
    SCOPE_CHANGED,
)
from doorward.accounts.models import Administrator, Status, tabs_text
from doorward.accounts.phones import clean_phone
from doorward.accounts.required_of import is_due
from doorward.customers.errors import UnknownTab
from doorward.customers.tab_audience import not_for
from doorward.customers.tabs import ADMINISTRATORS, assignable
from doorward.kernel.field_checks import Checks
from doorward.kernel.text.cleaning import clean_email, clean_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType
    from doorward.audit.record import Detail, Typed

NAME_LENGTH = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a form or a command says of a person, as typed; `clean_details` makes it what is stored."""

    first_name: str
    last_name: str
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to change of a person: every field, as it shall be afterwards (None: as it is).

    `reauthenticated`: whether who asks has just confirmed who they are, as another e-mail wants it. A tick that is
    missing where the policy holds it above says nothing.
    """

    details: Details | None = None
    email: str | None = None
    reauthenticated: bool = False
    require_2fa: bool | None = None
    tabs: frozenset[str] | None = None
    scope: staff_scope.Wanted | None = None
    status: str | None = None
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """A person as they are now. `email_waits`: another e-mail holds once it is confirmed."""

    person: Administrator
    renamed: bool
    email_waits: bool


@dataclass(slots=True)
class Changes:
    """Columns to write and events to record, gathered before anything is written.

    `wants_confirmation`: it is to be asked about before it is done.
    """

    columns: dict[str, object] = field(default_factory=dict)
    events: list[tuple[EventType, dict[str, Detail], dict[str, Typed]]] = field(
        default_factory=list
    )
    wants_confirmation: bool = False


def clean(wanted: Change) -> Change:
    """Return a change with its texts as they are stored, or raise `FieldsRefused` with every field that is wrong."""
    checks = Checks()
    details, email = wanted.details, wanted.email
    if details is not None:
        details = clean_details(details, checks)
    if email is not None:
        email = checks.take("email", clean_email, email)
    if wanted.status is not None and wanted.status not in _STATUS_FROM:
        checks.refuse("status", WrongStatus())
    checks.done()
    return replace(wanted, details=details, email=email)


def clean_details(details: Details, checks: Checks) -> Details:
    """Return names and phone as they are stored; one name is enough, for whoever has only one."""
    first, last = details.first_name, details.last_name
    return Details(
        first_name=checks.take("first_name", clean_name, first, maximum=NAME_LENGTH, other=last),
        last_name=checks.take("last_name", clean_name, last, maximum=NAME_LENGTH, other=first),
        phone=checks.take("phone", clean_phone, details.phone, region=None),
    )


@cache
def time_zones() -> frozenset[str]:
    """Return the names of all time zones that this machine knows."""
    return frozenset(available_timezones())


def before_and_after(
    person: Administrator, columns: Mapping[str, str], changed: Iterable[str]
) -> dict[str, Typed]:
    """Return what an event says of fields that were changed: as they were, and as they are now."""
    names = list(changed)
    return {
        "before": {name: getattr(person, name) for name in names},
        "after": {name: columns[name] for name in names},
    }


def written_names(columns: Mapping[str, str]) -> dict[str, str]:
    """Return the columns that names are written with."""
    first, last = columns["first_name"], columns["last_name"]
    return Administrator.name_columns(first_name=first, last_name=last)


def gather(person: Administrator, wanted: Change, *, actor: Actor, now: datetime) -> Changes:
    """Return the columns and events of a clean change. Raises what its rules refuse, with nothing written.

    `UnknownTab`, `OwnStatus`, `OwnAdministratorsRight`, `WrongStatus`, and what `staff_scope.to_change` raises.
    """
    changes = Changes()
    _gather_details(person, wanted, changes)
    if (tick := require_two_factors.turned(person, wanted.require_2fa, now=now)) is not None:
        changes.columns["require_2fa"] = wanted.require_2fa
        changes.events.append((tick, {}, {}))
    _gather_tabs(person, wanted, changes, actor=actor, now=now)
    _gather_scope(person, wanted, changes, actor=actor)
    _gather_status(person, wanted, changes, actor=actor)
    return changes


def _gather_details(person: Administrator, wanted: Change, changes: Changes) -> None:
    if wanted.details is None:
        return
    columns = asdict(wanted.details)
    changed = sorted(name for name, value in columns.items() if getattr(person, name) != value)
    if changed:
        changes.columns |= columns | written_names(columns)
        typed = before_and_after(person, columns, changed)
        changes.events.append((DETAILS_CHANGED, {"changed": changed}, typed))


def _gather_tabs(
    person: Administrator, wanted: Change, changes: Changes, *, actor: Actor, now: datetime
) -> None:
    if wanted.tabs is None or wanted.tabs == person.tab_keys:
        return
    # A right to a tab that is not for this customer is on no form, and so not taken by one.
    tabs = wanted.tabs | (person.tab_keys & not_for(person.customer))
    added, taken = tabs - person.tab_keys, person.tab_keys - tabs
    if not added and not taken:
        return
    if unknown := added - assignable(person.customer):
        raise UnknownTab(tab=min(unknown))
    if ADMINISTRATORS in taken and actor.person is not None and actor.person.id == person.id:
        raise OwnAdministratorsRight
    changes.columns["tabs"] = tabs_text(tabs)
    if person.due_since is None and is_due(person, now=now):
        changes.columns["due_since"] = now
    details = {"added": sorted(added), "taken": sorted(taken)}
    changes.events.append((RIGHTS_CHANGED, dict(details), {}))


def _gather_scope(person: Administrator, wanted: Change, changes: Changes, *, actor: Actor) -> None:
    if wanted.scope is None:
        return
    before = person.staff_scope
    after = staff_scope.to_change(person, wanted.scope, actor=actor)
    if after is not None:
        changes.columns |= staff_scope.columns(after)
        changes.events.append((SCOPE_CHANGED, staff_scope.details(before, after), {}))


_STATUS_KINDS = {
    Status.ACTIVE: ADMINISTRATOR_RESTORED,
    Status.SUSPENDED: ADMINISTRATOR_SUSPENDED,
    Status.REMOVED: ADMINISTRATOR_REMOVED,
}
_STATUS_FROM = {
    Status.ACTIVE: {Status.SUSPENDED},
    Status.SUSPENDED: {Status.ACTIVE},
    Status.REMOVED: {Status.ACTIVE, Status.SUSPENDED, Status.INVITED},
}


def _gather_status(
    person: Administrator, wanted: Change, changes: Changes, *, actor: Actor
) -> None:
    invited = person.status == Status.INVITED and wanted.status == Status.ACTIVE
    if wanted.status is None or wanted.status == person.status or invited:
        # A form cannot make somebody active who has not accepted the invitation.
        return
    status = Status(wanted.status)
    if Status(person.status) not in _STATUS_FROM[status]:
        raise WrongStatus
    if actor.person is not None and actor.person.id == person.id:
        raise OwnStatus
    changes.wants_confirmation = status != Status.ACTIVE and not wanted.confirmed
    changes.columns["status"] = status
    # Whose tabs go with them: the columns will not say it any more.
    taken = {"taken": sorted(person.tab_keys)} if status == Status.REMOVED else {}
    changes.events.append((_STATUS_KINDS[status], dict(taken), {}))
