"""What is done to people: adding, changing, requiring, suspending, restoring, removing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from doorward.administrators import invitations, links, passwords, sessions
from doorward.administrators.models import (
    Administrator,
    EmailChange,
    LinkPurpose,
    MailedLink,
    Status,
    tabs_text,
)
from doorward.administrators.phones import clean_phone
from doorward.audit.events import Kind, Outcome
from doorward.audit.services import record
from doorward.core import errors
from doorward.core.text import clean_email, clean_line, fold_email
from doorward.customers.models import Customer
from doorward.customers.tabs import ADMINISTRATORS, assignable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.origin import By

NAME_LENGTH = 60
_ALL_LINKS = tuple(LinkPurpose)


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a form or a command says of a person; texts as they were typed."""

    first_name: str
    last_name: str
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAdministrator:
    """Somebody to be added."""

    email: str
    details: Details
    tabs: frozenset[str]
    require_2fa: bool = False
    is_primary: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to change of a person: every field, as it shall be afterwards (None: as it is)."""

    details: Details | None = None
    require_2fa: bool | None = None
    tabs: frozenset[str] | None = None
    status: Status | None = None
    confirmed: bool = False


@dataclass(slots=True)
class _Changes:
    """Columns to write and events to record, gathered before anything is written."""

    columns: dict[str, object] = field(default_factory=dict)
    events: list[tuple[Kind, dict[str, str | int | bool | list[str]]]] = field(default_factory=list)


def add(
    new: NewAdministrator, *, customer: Customer, by: By, now: datetime
) -> tuple[Administrator, MailedLink]:
    """Add somebody to a customer and have the invitation mailed; give the person and its link.

    Raises `EmailTaken`, `EmailInvalid`, `NameMissing`, `UnknownTab` and what `core.text` raises.
    """
    with transaction.atomic():
        person = _insert(new, customer=customer, status=Status.INVITED, now=now)
        _record_added(person, by=by)
        return person, invitations.send(person, by=by, now=now)


def add_active(
    new: NewAdministrator, *, password: str, customer: Customer, by: By, now: datetime
) -> Administrator:
    """Add somebody with a password, ready to sign in: for the operator at the console."""
    with transaction.atomic():
        person = _insert(new, customer=customer, status=Status.ACTIVE, now=now)
        two_factors = new.require_2fa or customer.require_2fa or customer.floor_require_2fa
        accepted = passwords.accept(
            password, person=person, two_factors=two_factors or customer.brand.require_2fa
        )
        Administrator.objects.of(customer.id).filter(id=person.id).update(**accepted.columns())
        _record_added(person, by=by)
    return person


def change(
    person_id: UUID, wanted: Change, *, customer: Customer, by: By, now: datetime
) -> Administrator:
    """Change a person, all of it or nothing; give them as they are now.

    The customer's row is the lock, so that of two requests at once the second sees what the first
    did: the last active administrator with the Administrators tab always stays one. A refusal is
    recorded, then raised.
    """
    try:
        with transaction.atomic():
            _lock(customer)
            person = find(person_id, customer=customer)
            changes = _gather(person, wanted, customer=customer, by=by)
            _apply(person, changes, wanted=wanted, by=by, now=now)
    except errors.Refusal as refusal:
        _record_refusal(person_id, refusal, customer=customer, by=by)
        raise
    return find(person_id, customer=customer)


def require_several(person_ids: Iterable[UUID], *, customer: Customer, by: By) -> int:
    """Tick *Required 2FA* for several at once; give how many it was new for."""
    wanted = set(person_ids)
    if not wanted:
        raise errors.NothingSelected
    with transaction.atomic():
        _lock(customer)
        rows = Administrator.objects.of(customer.id).exclude(status=Status.REMOVED)
        people = list(rows.select_related("customer").filter(id__in=wanted))
        if len(people) != len(wanted):
            raise errors.NotFound
        fresh = [person for person in people if not person.require_2fa]
        rows.filter(id__in=[person.id for person in fresh]).update(require_2fa=True)
        for person in fresh:
            record(Kind.TWO_FACTOR_REQUIRED, by=by, subject=person.who())
    return len(fresh)


def find(person_id: UUID, *, customer: Customer) -> Administrator:
    """Give a person of this customer who was not removed, or raise `NotFound`."""
    people = Administrator.objects.of(customer.id).select_related("customer__brand")
    person = people.exclude(status=Status.REMOVED).filter(id=person_id).first()
    if person is None:
        raise errors.NotFound
    return person


def find_by_email(email: str) -> Administrator:
    """Give the person with that e-mail, of whatever customer, or raise `NotFound`."""
    people = Administrator.objects.everywhere().select_related("customer__brand")
    person = people.filter(email_folded=fold_email(email)[:320]).first()
    if person is None or person.status == Status.REMOVED:
        raise errors.NotFound
    return person


def folded_name(first_name: str, last_name: str) -> str:
    """Give what people are sorted and found by: last name first, casefolded."""
    return f"{last_name} {first_name}".casefold().strip()[:400]


def change_own_details(person: Administrator, details: Details, *, time_zone: str, by: By) -> None:
    """Change one's own names, phone and time zone."""
    columns: dict[str, str] = _clean_details(details) | {"time_zone": time_zone}
    changed = sorted(name for name, value in columns.items() if getattr(person, name) != value)
    if not changed:
        return
    columns["name_folded"] = folded_name(str(columns["first_name"]), str(columns["last_name"]))
    with transaction.atomic():
        Administrator.objects.of(person.customer_id).filter(id=person.id).update(**columns)
        record(Kind.DETAILS_CHANGED, by=by, details={"changed": changed})


def change_language(administrator_id: UUID, language: str, *, by: By) -> None:
    """Change the language of one's pages and mails."""
    with transaction.atomic():
        rows = Administrator.objects.everywhere().filter(id=administrator_id)
        if rows.exclude(language=language).update(language=language):
            record(Kind.LANGUAGE_CHANGED, by=by, details={"language": language})


def _insert(
    new: NewAdministrator, *, customer: Customer, status: Status, now: datetime
) -> Administrator:
    email = clean_email(new.email)
    details = _clean_details(new.details)
    unknown = new.tabs - assignable(customer)
    if unknown:
        raise errors.UnknownTab(tab=min(unknown))
    first, last = details["first_name"], details["last_name"]
    taken = Administrator.objects.everywhere().filter(email_folded=fold_email(email))
    if taken.exists():
        raise errors.EmailTaken
    try:
        with transaction.atomic():
            return Administrator.objects.create(
                customer=customer,
                email=email,
                email_folded=fold_email(email),
                name_folded=folded_name(first, last),
                tabs=tabs_text(new.tabs),
                status=status,
                require_2fa=new.require_2fa,
                is_primary=new.is_primary,
                language=new.language,
                password="!",  # noqa: S106 - the mark of a password that nobody has
                added_at=now,
                first_name=first,
                last_name=last,
                phone=details["phone"],
            )
    except IntegrityError as error:
        raise errors.EmailTaken from error


def _record_added(person: Administrator, *, by: By) -> None:
    who = person.who()
    record(Kind.ADMINISTRATOR_ADDED, by=by, subject=who, details={"tabs": sorted(person.tab_keys)})
    if person.require_2fa:
        record(Kind.TWO_FACTOR_REQUIRED, by=by, subject=who, details={"at_adding": True})


def _clean_details(details: Details) -> dict[str, str]:
    first = clean_line(details.first_name, maximum=NAME_LENGTH)
    last = clean_line(details.last_name, maximum=NAME_LENGTH)
    if not first:
        raise errors.NameMissing(field="first_name")
    if not last:
        raise errors.NameMissing(field="last_name")
    return {
        "first_name": first,
        "last_name": last,
        "phone": clean_phone(details.phone, region=None),
    }


def _gather(person: Administrator, wanted: Change, *, customer: Customer, by: By) -> _Changes:
    changes = _Changes()
    _gather_details(person, wanted, changes)
    _gather_requirement(person, wanted, changes)
    _gather_tabs(person, wanted, changes, customer=customer, by=by)
    _gather_status(person, wanted, changes, by=by)
    return changes


def _gather_details(person: Administrator, wanted: Change, changes: _Changes) -> None:
    if wanted.details is None:
        return
    columns = _clean_details(wanted.details)
    changed = sorted(name for name, value in columns.items() if getattr(person, name) != value)
    if changed:
        changes.columns |= columns
        changes.columns["name_folded"] = folded_name(columns["first_name"], columns["last_name"])
        changes.events.append((Kind.DETAILS_CHANGED, {"changed": changed}))


def _gather_requirement(person: Administrator, wanted: Change, changes: _Changes) -> None:
    if wanted.require_2fa is None or wanted.require_2fa == person.require_2fa:
        return
    changes.columns["require_2fa"] = wanted.require_2fa
    kind = Kind.TWO_FACTOR_REQUIRED if wanted.require_2fa else Kind.TWO_FACTOR_NO_LONGER_REQUIRED
    changes.events.append((kind, {}))


def _gather_tabs(
    person: Administrator, wanted: Change, changes: _Changes, *, customer: Customer, by: By
) -> None:
    if wanted.tabs is None or wanted.tabs == person.tab_keys:
        return
    added, taken = wanted.tabs - person.tab_keys, person.tab_keys - wanted.tabs
    if unknown := added - assignable(customer):
        raise errors.UnknownTab(tab=min(unknown))
    if ADMINISTRATORS in taken:
        if by.who is not None and by.who.id == person.id:
            raise errors.OwnAdministratorsRight
        _keep_one(person, customer=customer)
    changes.columns["tabs"] = tabs_text(wanted.tabs)
    details = {"added": sorted(added), "taken": sorted(taken)}
    changes.events.append((Kind.RIGHTS_CHANGED, dict(details)))


_STATUS_KINDS = {
    Status.ACTIVE: Kind.ADMINISTRATOR_RESTORED,
    Status.SUSPENDED: Kind.ADMINISTRATOR_SUSPENDED,
    Status.REMOVED: Kind.ADMINISTRATOR_REMOVED,
}
_STATUS_FROM = {
    Status.ACTIVE: {Status.SUSPENDED},
    Status.SUSPENDED: {Status.ACTIVE},
    Status.REMOVED: {Status.ACTIVE, Status.SUSPENDED, Status.INVITED},
}


def _gather_status(person: Administrator, wanted: Change, changes: _Changes, *, by: By) -> None:
    invited = person.status == Status.INVITED and wanted.status == Status.ACTIVE
    if wanted.status is None or wanted.status == person.status or invited:
        # A form cannot make somebody active who has not accepted the invitation.
        return
    if Status(person.status) not in _STATUS_FROM.get(wanted.status, set()):
        raise errors.WrongStatus
    if by.who is not None and by.who.id == person.id:
        raise errors.OwnStatus
    if wanted.status != Status.ACTIVE:
        if not wanted.confirmed:
            raise errors.ConfirmationMissing
        _keep_one(person, customer=person.customer)
    changes.columns["status"] = wanted.status
    changes.events.append((_STATUS_KINDS[wanted.status], {}))


def _apply(
    person: Administrator, changes: _Changes, *, wanted: Change, by: By, now: datetime
) -> None:
    if not changes.columns:
        return
    Administrator.objects.of(person.customer_id).filter(id=person.id).update(**changes.columns)
    for kind, details in changes.events:
        record(kind, by=by, subject=person.who(), details=details)
    if "status" in changes.columns and wanted.status != Status.ACTIVE:
        sessions.end_others(administrator_id=person.id, keep=None, now=now)
        links.revoke(person, purposes=_ALL_LINKS, now=now)
        open_changes = EmailChange.objects.filter(administrator=person, closed_at__isnull=True)
        open_changes.update(closed_at=now)
    if wanted.status == Status.REMOVED:
        _release_email(person)


def _release_email(person: Administrator) -> None:
    # Somebody removed can be added anew, at this or another customer, with the same e-mail.
    rows = Administrator.objects.of(person.customer_id).filter(id=person.id)
    rows.update(email_folded=f"removed:{person.id}", tabs="", password="!", require_2fa=False)  # noqa: S106


def _keep_one(person: Administrator, *, customer: Customer) -> None:
    """Refuse what would leave a customer without an active administrator with that tab."""
    keepers = Administrator.objects.of(customer.id).filter(
        status=Status.ACTIVE, tabs__contains=f" {ADMINISTRATORS} "
    )
    is_one = person.status == Status.ACTIVE and ADMINISTRATORS in person.tab_keys
    if is_one and not keepers.exclude(id=person.id).exists():
        raise errors.LastAdministrator


def _lock(customer: Customer) -> None:
    Customer.objects.select_for_update().values_list("id").get(id=customer.id)


def _record_refusal(
    person_id: UUID, refusal: errors.Refusal, *, customer: Customer, by: By
) -> None:
    person = (
        Administrator.objects.of(customer.id).select_related("customer").filter(id=person_id)
    ).first()
    if person is None or isinstance(refusal, errors.ConfirmationMissing):
        return
    with transaction.atomic():
        record(
            Kind.CHANGE_REFUSED,
            by=by,
            subject=person.who(),
            outcome=Outcome.REFUSED,
            details={"reason": refusal.code},
        )
