"""What is done to people: adding, changing, requiring, suspending, restoring, removing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction

from doorward.accounts import email_change, invitations, lookalikes, mailed_links
from doorward.accounts.changes import (
    Change,
    Changes,
    Details,
    before_and_after,
    clean_details,
    gather,
    removed_columns,
    written_names,
)
from doorward.accounts.errors import ChoiceInvalid, EmailTaken, NothingSelected, UnknownTab
from doorward.accounts.events import (
    ADMINISTRATOR_ADDED,
    CHANGE_REFUSED,
    DETAILS_CHANGED,
    LANGUAGE_CHANGED,
    TWO_FACTOR_REQUIRED,
)
from doorward.accounts.models import (
    Administrator,
    EmailChange,
    LinkPurpose,
    MailedLink,
    Status,
    tabs_text,
)
from doorward.audit import repeats
from doorward.audit.events import Outcome
from doorward.audit.record import record
from doorward.customers import protection
from doorward.customers.models import Customer
from doorward.customers.rights import authorise, is_allowed
from doorward.customers.tabs import assignable
from doorward.kernel.errors import ConfirmationMissing, NotFound, Refusal
from doorward.kernel.text.cleaning import clean_email, fold_email
from doorward.permissions.actions import Action
from doorward.sessions import ending
from doorward.sessions.errors import StaleRequest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import Actor
    from doorward.audit.record import Detail

__all__ = ["Change", "Details", "NewAdministrator"]

_ALL_LINKS = tuple(LinkPurpose)
# *This was not me* is the owner's own: who takes the rest away may be mistaken, or be the thief's colleague.
_LINKS_OF_SUSPENDED = tuple(set(LinkPurpose) - {LinkPurpose.NOT_ME})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAdministrator:
    """Somebody to be added."""

    email: str
    details: Details
    tabs: frozenset[str]
    require_2fa: bool = False
    is_primary: bool = False
    language: str = ""
    time_zone: str = "UTC"


def add(
    new: NewAdministrator, *, customer: Customer, actor: Actor, now: datetime
) -> tuple[Administrator, MailedLink]:
    """Add somebody to a customer and have the invitation mailed; return the person and its link.

    Raises `EmailTaken`, `EmailInvalid`, `NameMissing`, `UnknownTab`, `ProtectionRefused` and what
    `kernel.text.cleaning` raises.
    """
    authorise(actor, Action.ADD_PERSON, customer.id)
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        _settle_power(new, customer=customer, actor=actor)
        person = insert(made(new, customer=customer, status=Status.INVITED, now=now))
        record_added(person, actor=actor)
        return person, invitations.send(person, actor=actor, now=now)


def change(
    person_id: UUID, wanted: Change, *, customer: Customer, actor: Actor, now: datetime
) -> Administrator:
    """Change a person, all of it or nothing; return them as they are now.

    The customer's row is the lock, so that of two requests at once the second sees what the first
    did: the last active administrator with the Administrators tab always stays one. A refusal is
    recorded, then raised. Raises what `gather`, `clean_details` and `email_change.ask` raise,
    `NotFound`, and `StaleRequest` where who asks has lost the right in the meantime.
    """
    authorise(actor, Action.CHANGE_PERSON, customer.id)
    try:
        with transaction.atomic():
            _lock(customer, actor=actor)
            person = find(person_id, customer_id=customer.id)
            changes = gather(person, wanted, customer=customer, actor=actor)
            _apply(person, changes, wanted=wanted, actor=actor, now=now)
            if wanted.email is not None and wanted.status != Status.REMOVED:
                email_change.ask(person, wanted.email, actor=actor, now=now)
    except Refusal as refusal:
        _record_refusal(person_id, refusal, customer=customer, actor=actor, now=now)
        raise
    return _people(customer.id).get(id=person_id)


def require_several(person_ids: Iterable[UUID], *, customer: Customer, actor: Actor) -> int:
    """Tick *Required 2FA* for several at once; return how many it was new for."""
    authorise(actor, Action.REQUIRE_TWO_FACTORS, customer.id)
    wanted = set(person_ids)
    if not wanted:
        raise NothingSelected
    with transaction.atomic():
        _lock(customer, actor=actor)
        rows = Administrator.objects.of(customer.id).exclude(status=Status.REMOVED)
        people = list(rows.select_related("customer").filter(id__in=wanted))
        if len(people) != len(wanted):
            raise NotFound
        fresh = [person for person in people if not person.require_2fa]
        rows.filter(id__in=[person.id for person in fresh]).update(require_2fa=True)
        for person in fresh:
            record(TWO_FACTOR_REQUIRED, actor=actor, subject=person.who())
    return len(fresh)


def find(person_id: UUID, *, customer_id: UUID) -> Administrator:
    """Return a person of this customer who was not removed, or raise `NotFound`."""
    person = _people(customer_id).exclude(status=Status.REMOVED).filter(id=person_id).first()
    if person is None:
        raise NotFound
    return person


def find_by_email(email: str) -> Administrator:
    """Return the person with that e-mail, of whatever customer, or raise `NotFound`."""
    people = Administrator.objects.everywhere().select_related("customer__brand")
    person = people.filter(email_folded=fold_email(email)[:320]).first()
    if person is None or person.status == Status.REMOVED:
        raise NotFound
    return person


def change_own_details(
    person: Administrator, details: Details, *, time_zone: str, actor: Actor
) -> None:
    """Change one's own names, phone and time zone."""
    authorise(actor, Action.CHANGE_OWN_PROFILE, subject=person.id)
    columns: dict[str, str] = clean_details(details) | {"time_zone": time_zone}
    changed = sorted(name for name, value in columns.items() if getattr(person, name) != value)
    if not changed:
        return
    columns |= written_names(columns)
    with transaction.atomic():
        Administrator.objects.of(person.customer_id).filter(id=person.id).update(**columns)
        typed = before_and_after(person, columns, changed)
        record(DETAILS_CHANGED, actor=actor, details={"changed": changed}, typed=typed)


def change_language(administrator_id: UUID, language: str, *, actor: Actor) -> None:
    """Change the language of one's pages and mails."""
    authorise(actor, Action.CHANGE_OWN_PROFILE, subject=administrator_id)
    with transaction.atomic():
        rows = Administrator.objects.everywhere().filter(id=administrator_id)
        if rows.exclude(language=language).update(language=language):
            record(LANGUAGE_CHANGED, actor=actor, details={"language": language})


def _settle_power(new: NewAdministrator, *, customer: Customer, actor: Actor) -> None:
    """Have it told where the provider puts somebody beside those who look after a customer's people."""
    if actor.person is None or actor.person.customer_id == customer.id:
        return
    # Also where those that there are have not accepted yet, or are suspended.
    holders = Administrator.objects.of(customer.id).exclude(status=Status.REMOVED)
    if holders.filter(looks_after=True).exists():
        changes = protection.changes_of({"tabs": ""}, {"tabs": tabs_text(new.tabs)})
        whose = (customer.id, customer.name)
        protection.settle(changes, what=customer.name, customer=whose, actor=actor)


def made(
    new: NewAdministrator, *, customer: Customer, status: Status, now: datetime
) -> Administrator:
    """Return the row to insert, checked."""
    email = lookalikes.shown_email(clean_email(new.email), customer_id=customer.id)
    details = clean_details(new.details)
    if new.language and new.language not in dict(settings.LANGUAGES):
        raise ChoiceInvalid(field="language")
    unknown = new.tabs - assignable(customer)
    if unknown:
        raise UnknownTab(tab=min(unknown))
    return Administrator(
        customer=customer,
        email=email,
        email_folded=fold_email(email),
        tabs=tabs_text(new.tabs),
        status=status,
        require_2fa=new.require_2fa,
        is_primary=new.is_primary,
        language=new.language,
        time_zone=new.time_zone,
        password="!",  # noqa: S106 - the mark of a password that nobody has
        added_at=now,
        phone=details["phone"],
        **written_names(details),
    )


def insert(person: Administrator) -> Administrator:
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:
        raise EmailTaken from error
    return person


def record_added(person: Administrator, *, actor: Actor) -> None:
    who = person.who()
    details: dict[str, Detail] = {"tabs": sorted(person.tab_keys)}
    details |= lookalikes.details_of(
        person.email, customer_id=person.customer_id, besides=person.id
    )
    record(ADMINISTRATOR_ADDED, actor=actor, subject=who, details=details)
    if person.require_2fa:
        record(TWO_FACTOR_REQUIRED, actor=actor, subject=who, details={"at_adding": True})


def _apply(
    person: Administrator, changes: Changes, *, wanted: Change, actor: Actor, now: datetime
) -> None:
    if not changes.columns:
        return
    Administrator.objects.of(person.customer_id).filter(id=person.id).update(**changes.columns)
    for event_type, details, typed in changes.events:
        record(event_type, actor=actor, subject=person.who(), details=details, typed=typed)
    if "status" in changes.columns and wanted.status != Status.ACTIVE:
        ending.end_others(administrator_id=person.id, keep=None, now=now)
        gone = wanted.status == Status.REMOVED
        mailed_links.revoke(person, purposes=_ALL_LINKS if gone else _LINKS_OF_SUSPENDED, now=now)
        open_changes = EmailChange.objects.filter(administrator=person, closed_at__isnull=True)
        open_changes.update(closed_at=now)
    if wanted.status == Status.REMOVED:
        rows = Administrator.objects.of(person.customer_id).filter(id=person.id)
        rows.update(**removed_columns(person.id))


def _lock(customer: Customer, *, actor: Actor) -> None:
    """Let one change after the other in, each by somebody who still may."""
    Customer.objects.select_for_update().values_list("id").get(id=customer.id)
    ending.must_be_open(actor)
    if not is_allowed(actor, Action.CHANGE_PERSON, customer.id):
        raise StaleRequest


def _people(customer_id: UUID) -> QuerySet[Administrator]:
    return Administrator.objects.of(customer_id).select_related("customer__brand")


def _record_refusal(
    person_id: UUID, refusal: Refusal, *, customer: Customer, actor: Actor, now: datetime
) -> None:
    person = _people(customer.id).filter(id=person_id).first()
    if person is None or isinstance(refusal, ConfirmationMissing):
        return
    repeats.record_once(
        CHANGE_REFUSED,
        actor=actor,
        subject=person.who(),
        outcome=Outcome.REFUSED,
        details={"reason": refusal.code},
        now=now,
    )
