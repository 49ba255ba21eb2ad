"""What is done to people: adding, changing, requiring, suspending, restoring, removing."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction

from doorward.accounts import (
    email_change,
    exceptions,
    invitations,
    lookalikes,
    removing,
    staff_scope,
)
from doorward.accounts.changes import (
    Change,
    Changed,
    Changes,
    Details,
    clean,
    clean_details,
    gather,
    time_zones,
    written_names,
)
from doorward.accounts.errors import (
    EmailTaken,
    LastAdministrator,
    LastWithAllCustomers,
)
from doorward.accounts.events import (
    ADMINISTRATOR_ADDED,
    LANGUAGE_CHANGED,
    TWO_FACTOR_REQUIRED,
)
from doorward.accounts.locking import (
    find,
    locked_person,
    must_still_may,
    record_refusal,
)
from doorward.accounts.looking_after import keeps_help
from doorward.accounts.models import (
    Administrator,
    Status,
    tabs_text,
)
from doorward.accounts.required_of import wave_share
from doorward.audit.record import record
from doorward.customers import locking as customer_lock
from doorward.customers import protection
from doorward.customers.errors import UnknownTab
from doorward.customers.models import Customer
from doorward.customers.rights import authorise
from doorward.customers.tabs import DEFAULT, assignable
from doorward.kernel.errors import ChoiceInvalid, ConfirmationMissing, NotFound, Refusal
from doorward.kernel.field_checks import Checks
from doorward.kernel.text.cleaning import clean_email, fold_email, is_same_email
from doorward.permissions.actions import Action
from doorward.permissions.errors import ReauthenticationDue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from doorward.accounts.models import MailedLink
    from doorward.audit.actor import Actor
    from doorward.audit.record import Detail

__all__ = ["Change", "Changed", "Details", "NewAdministrator", "find"]

# What of somebody decides whether they can help, as the fields of the form are called.
_HELP = ("status", "tabs", "require_2fa", "scope")
# What each of these parts of somebody takes besides the change.
PARTS = {
    "tabs": Action.GIVE_RIGHTS,
    "status": Action.CHANGE_STATUS,
    "require_2fa": Action.REQUIRE_TWO_FACTORS,
}


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
    # Of the provider's people: which customers they see; None: those whom they see who adds them.
    scope: staff_scope.Wanted | None = None


@dataclass(frozen=True, slots=True)
class Among:
    """What is looked at of a customer for each of its new people: read once where many are made."""

    tabs: frozenset[str]
    domains: lookalikes.Domains

    @classmethod
    def of(cls, customer: Customer) -> Self:
        """Read it."""
        return cls(assignable(customer), lookalikes.Domains(customer.id))


def add(
    new: NewAdministrator, *, customer: Customer, actor: Actor, now: datetime
) -> tuple[Administrator, MailedLink]:
    """Add somebody to a customer and have the invitation mailed; return the person and its link.

    Raises `FieldsRefused` with every field that is wrong, `ProtectionRefused`, and `EmailTaken`.
    """
    authorise(actor, Action.ADD_PERSON, customer.id)
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        _must_still_add(new, customer.id, actor=actor)
        settle_power(new, customer=customer, actor=actor)
        person = insert(made(new, customer=customer, status=Status.INVITED, actor=actor, now=now))
        record_added(person, actor=actor)
        return person, invitations.send(person, actor=actor, now=now)


def _must_still_add(new: NewAdministrator, customer_id: UUID, *, actor: Actor) -> None:
    """Let on who may add somebody with so much, now that nobody else changes the customer's people."""
    customer_lock.hold(customer_id)
    must_still_may(actor, Action.ADD_PERSON, customer_id)
    if new.require_2fa or new.is_primary or not new.tabs <= DEFAULT:
        authorise(actor, Action.GIVE_RIGHTS, customer_id)


def change(
    person_id: UUID, wanted: Change, *, customer_id: UUID, actor: Actor, now: datetime
) -> Changed:
    """Change a person, all of it or nothing.

    The customer's row is the lock, so that of two requests at once the second sees what the first
    did: the last active administrator with the Administrators tab always stays one. A refusal is
    recorded, then raised. Raises what `clean`, `gather` and `email_change.ask` raise, `NotFound`,
    `ReauthenticationDue`, and `StaleRequest` where who asks has lost the right in the meantime.
    """
    authorise(actor, Action.CHANGE_PERSON, customer_id, subject=person_id)
    wanted, person = clean(wanted), None
    try:
        with transaction.atomic():
            customer_lock.hold(customer_id)
            person = locked_person(person_id, customer_id=customer_id)
            return _change(person, wanted, actor=actor, now=now)
    except Refusal as refusal:
        if person is not None and not isinstance(refusal, ConfirmationMissing):
            record_refusal(person, refusal, actor=actor, now=now)
        raise


def _change(person: Administrator, wanted: Change, *, actor: Actor, now: datetime) -> Changed:
    must_still_may(actor, Action.CHANGE_PERSON, person.customer_id, subject=person.id)
    _demand_reauthentication(person, wanted, actor=actor)
    name, waits = person.full_name, False
    changes = gather(person, wanted, actor=actor, now=now)
    _authorise_parts(person, changes, actor=actor)
    with _keeps_help(person, changes, now=now):
        _apply(person, changes, wanted=wanted, actor=actor, now=now)
    if changes.wants_confirmation:
        # Asked only about what can be done; what was done for it is undone.
        raise ConfirmationMissing
    if _is_another(person, wanted) and wanted.status != Status.REMOVED:
        asked = email_change.ask(person, wanted.email or "", actor=actor, now=now)
        waits = asked and person.status != Status.INVITED
    for column, value in changes.columns.items():
        setattr(person, column, value)
    return Changed(person=person, renamed=person.full_name != name, email_waits=waits)


def _authorise_parts(person: Administrator, changes: Changes, *, actor: Actor) -> None:
    """Let on who may do each part of it: of what the one form has, some are kept from who acts on somebody's behalf."""
    for column, action in PARTS.items():
        if column in changes.columns:
            authorise(actor, action, person.customer_id, subject=person.id)


@contextmanager
def _keeps_help(person: Administrator, changes: Changes, *, now: datetime) -> Iterator[None]:
    """Refuse a change of somebody by which nobody at their customer could help any more, at the field that does it."""
    field = next((one for one in _HELP if one in changes.columns), "")
    if not field:
        yield
        return
    try:
        with keeps_help(Customer.objects.filter(id=person.customer_id), now=now):
            yield
    except LastAdministrator as refusal:
        if field == "scope":
            raise LastWithAllCustomers from refusal
        refusal.field = field
        raise


def _is_another(person: Administrator, wanted: Change) -> bool:
    """Return whether another e-mail is asked for."""
    return wanted.email is not None and not is_same_email(wanted.email, person.email)


def _demand_reauthentication(person: Administrator, wanted: Change, *, actor: Actor) -> None:
    """Let nobody but the operator ask for another e-mail who has not just confirmed who they are."""
    if actor.is_ours or not _is_another(person, wanted):
        return
    authorise(actor, Action.CHANGE_EMAIL, person.customer_id, subject=person.id)
    if not wanted.reauthenticated:
        raise ReauthenticationDue(Action.CHANGE_EMAIL)


def find_by_email(email: str) -> Administrator:
    """Return the person with that e-mail, of whatever customer, or raise `NotFound`."""
    people = Administrator.objects.everywhere().select_related("customer__brand")
    person = people.filter(email_folded=fold_email(email)[:320]).first()
    if person is None or person.status == Status.REMOVED:
        raise NotFound
    return person


def change_language(administrator_id: UUID, language: str, *, actor: Actor) -> None:
    """Change the language of one's pages and mails."""
    authorise(actor, Action.CHANGE_OWN_PROFILE, subject=administrator_id)
    with transaction.atomic():
        rows = Administrator.objects.everywhere().filter(id=administrator_id)
        if rows.exclude(language=language).update(language=language):
            record(LANGUAGE_CHANGED, actor=actor, details={"language": language})


def settle_power(new: NewAdministrator, *, customer: Customer, actor: Actor) -> None:
    """Have it told where the provider puts somebody beside those who look after a customer's people."""
    if actor.person is None or actor.person.customer_id == customer.id:
        return
    # Also where those that there are have not accepted yet, or are suspended.
    holders = Administrator.objects.of(customer.id).exclude(status=Status.REMOVED)
    if holders.filter(looks_after=True).exists():
        changes = protection.changes_of({"tabs": ""}, {"tabs": tabs_text(new.tabs)})
        whose = (customer.id, customer.name)
        protection.settle(changes, what=customer.name, customer=whose, actor=actor)


def made(  # noqa: PLR0913 - who is added, where, as what, and by whom
    new: NewAdministrator,
    *,
    customer: Customer,
    status: Status,
    actor: Actor,
    now: datetime,
    among: Among | None = None,
) -> Administrator:
    """Return the row to insert, checked: `FieldsRefused` has every field that is wrong.

    `among`: what was read of the customer once, where many are made.
    """
    checks = Checks()
    email = checks.take("email", clean_email, new.email)
    details = clean_details(new.details, checks)
    if new.language and new.language not in dict(settings.LANGUAGES):
        checks.refuse("language", ChoiceInvalid())
    if new.time_zone not in time_zones():
        checks.refuse("time_zone", ChoiceInvalid())
    if unknown := new.tabs - (among.tabs if among else assignable(customer)):
        checks.refuse("tabs", UnknownTab(tab=min(unknown)))
    scope = staff_scope.checked(checks, new.scope, customer=customer, actor=actor)
    checks.done()
    domains = among.domains if among else None
    email = (
        domains.shown(email) if domains else lookalikes.shown_email(email, customer_id=customer.id)
    )
    person_id = uuid4()
    return Administrator(
        id=person_id,
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
        joined_at=now if status is Status.ACTIVE else None,
        wave_share=wave_share(person_id),
        **staff_scope.columns(scope),
        **asdict(details) | written_names(asdict(details)),
    )


def insert(person: Administrator) -> Administrator:
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:
        raise EmailTaken from error
    return person


def record_added(
    person: Administrator, *, actor: Actor, among: Among | None = None, **more: Detail
) -> None:
    """Record that somebody was added, in the caller's transaction; `more`: further details."""
    who = person.who()
    details: dict[str, Detail] = {"tabs": sorted(person.tab_keys), **more}
    resembled = (
        among.domains.resembled(person.email)
        if among
        else lookalikes.resembled_domain(
            person.email, customer_id=person.customer_id, besides=person.id
        )
    )
    if resembled:
        details["resembles"] = resembled
    record(ADMINISTRATOR_ADDED, actor=actor, subject=who, details=details)
    if person.require_2fa:
        record(TWO_FACTOR_REQUIRED, actor=actor, subject=who, details={"at_adding": True})


def _apply(
    person: Administrator, changes: Changes, *, wanted: Change, actor: Actor, now: datetime
) -> None:
    if not changes.columns:
        return
    if "status" in changes.columns and wanted.status == Status.REMOVED:
        changes.columns |= removing.removed_columns(person.id)
    if changes.columns.get("require_2fa"):
        exceptions.end_with_tick(person, actor=actor, now=now)
    Administrator.objects.of(person.customer_id).filter(id=person.id).update(**changes.columns)
    for event_type, details, typed in changes.events:
        record(event_type, actor=actor, subject=person.who(), details=details, typed=typed)
    if "status" in changes.columns and wanted.status != Status.ACTIVE:
        removing.end_access(person, for_good=wanted.status == Status.REMOVED, now=now)
