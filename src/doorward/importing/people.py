"""Importing people: what a line is, and doing it. A dry run does the same, and takes it back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from doorward.accounts import services
from doorward.accounts.changes import clean_details
from doorward.accounts.models import Administrator
from doorward.credentials import taking_over
from doorward.credentials.errors import HashTooCostly, HashUnknown, SecretInvalid, SecretUnsupported
from doorward.credentials.password import hash_formats
from doorward.credentials.taking_over import MOST_DEVICES, Arrival
from doorward.credentials.totp import foreign
from doorward.customers import locking as customer_lock
from doorward.customers.models import Customer
from doorward.customers.rights import authorise, is_allowed
from doorward.customers.tabs import DEFAULT
from doorward.importing.errors import (
    CredentialsKept,
    CustomerMissing,
    EmailUsed,
    FactorLost,
    NoSuchCustomer,
    NotYoursToChange,
)
from doorward.importing.rules import Fate, LineOutcome, PersonLine
from doorward.kernel.errors import FieldsRefused, Refusal
from doorward.kernel.field_checks import Checks
from doorward.kernel.text.cleaning import clean_line, fold_case, fold_email, storable
from doorward.permissions.actions import Action
from doorward.sessions import ending

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor

_LONGEST_NAME: Final = 60


def do(
    lines: Sequence[PersonLine],
    *,
    customer_id: UUID | None,
    invite: bool,
    actor: Actor,
    now: datetime,
) -> list[LineOutcome]:
    """Import these people in the caller's transaction; return what came of each, in their order.

    `customer_id`: all into this one, whatever a line says; None: into each line's own. `invite`: who comes without a
    password is invited by mail.
    Raises `NotAuthorised` and `SessionEnded` where who imports may not any more.
    """
    authorise(actor, needed(customer_id), customer_id)
    customers = _customers(lines, customer_id)
    allowed = _held(customers.values(), actor=actor)
    there = _there(lines)
    outcomes: dict[int, LineOutcome] = {}
    new: dict[UUID, list[PersonLine]] = {}
    for line in lines:
        customer = customers.get(str(customer_id) if customer_id else fold_case(line.customer))
        person = there.get(fold_email(line.email)[:320])
        if customer is None or customer.id not in allowed:
            outcomes[line.number] = _refused(line, _nowhere(line))
        elif person is None:
            new.setdefault(customer.id, []).append(line)
        elif person.customer_id != customer.id:
            outcomes[line.number] = _refused(line, EmailUsed())
        else:
            outcomes[line.number] = _change(line, person, actor=actor, now=now)
    by_id = {one.id: one for one in customers.values()}
    for id_, several in new.items():
        added = _add(several, by_id[id_], invite=invite, actor=actor, now=now)
        outcomes |= {one.number: one for one in added}
    return [outcomes[line.number] for line in lines]


def _held(customers: Iterable[Customer], *, actor: Actor) -> set[UUID]:
    """Lock these customers, in one order for everybody; return to which ones whoever imports may add people."""
    ending.must_be_open(actor)
    ids = sorted(one.id for one in customers)
    for one in ids:
        customer_lock.hold(one)
    return {one for one in ids if is_allowed(actor, Action.IMPORT_PEOPLE, one)}


def needed(customer_id: UUID | None) -> Action:
    """Return what an import into this customer, or into each line's own (None), is."""
    return Action.MOVE_IN if customer_id is None else Action.IMPORT_PEOPLE


def _nowhere(line: PersonLine) -> Refusal:
    """Say that a line's customer is not there, by the name that the file has."""
    name = storable(clean_line(line.customer, maximum=_LONGEST_NAME))
    return NoSuchCustomer(name) if name else CustomerMissing()


def _customers(lines: Iterable[PersonLine], customer_id: UUID | None) -> dict[str, Customer]:
    rows = Customer.objects.select_related("brand")
    if customer_id:
        return {str(one.id): one for one in rows.filter(id=customer_id)}
    names = {fold_case(line.customer)[:240] for line in lines}
    return {one.name_folded: one for one in rows.filter(name_folded__in=names)}


def _there(lines: Iterable[PersonLine]) -> dict[str, Administrator]:
    """Return who has one of these e-mails, at whatever customer."""
    emails = {fold_email(line.email)[:320] for line in lines}
    people = Administrator.objects.everywhere().select_related("customer__brand")
    return {one.email_folded: one for one in people.filter(email_folded__in=emails)}


def _change(line: PersonLine, person: Administrator, *, actor: Actor, now: datetime) -> LineOutcome:
    """Change of somebody what the line says differently, as their colleagues would."""
    notes = line.notes + ((CredentialsKept(),) if line.has_credentials else ())
    try:
        change, fields = _differences(line, person)
        if fields and not is_allowed(actor, Action.CHANGE_PERSON, person.customer_id):
            raise NotYoursToChange
        if fields:
            services.change(person.id, change, customer_id=person.customer_id, actor=actor, now=now)
    except Refusal as refusal:
        return _refused(line, refusal)
    fate = Fate.CHANGED if fields else Fate.SAME
    return LineOutcome(number=line.number, key=_key(line), fate=fate, fields=fields, notes=notes)


def _differences(
    line: PersonLine, person: Administrator
) -> tuple[services.Change, tuple[str, ...]]:
    """Return the change, and the fields that it changes. What a line does not say stays."""
    checks = Checks()
    details = clean_details(
        services.Details(
            first_name=line.first_name or person.first_name,
            last_name=line.last_name or person.last_name,
            phone=line.phone or person.phone,
        ),
        checks,
    )
    checks.done()
    names = ("first_name", "last_name", "phone")
    fields = [name for name in names if getattr(details, name) != getattr(person, name)]
    change = services.Change(details=details if fields else None)
    if line.tabs is not None and line.tabs != person.tab_keys:
        change, fields = replace(change, tabs=line.tabs), [*fields, "tabs"]
    if line.require_2fa is not None and line.require_2fa != person.require_2fa:
        change = replace(change, require_2fa=line.require_2fa)
        fields.append("require_2fa")
    return change, tuple(fields)


def _add(
    lines: list[PersonLine], customer: Customer, *, invite: bool, actor: Actor, now: datetime
) -> list[LineOutcome]:
    ready: list[tuple[PersonLine, Arrival, tuple[Refusal, ...]]] = []
    outcomes = []
    for line in lines:
        try:
            ready.append((line, *_arrival(line, invite=invite)))
        except Refusal as refusal:
            outcomes.append(_refused(line, refusal))
    arrivals = [arrival for _, arrival, _ in ready]
    added = taking_over.add_many(arrivals, customer=customer, actor=actor, now=now)
    for (line, _, notes), result in zip(ready, added, strict=True):
        if isinstance(result, Refusal):
            outcomes.append(_refused(line, result))
        else:
            key = _key(line)
            outcomes.append(LineOutcome(number=line.number, key=key, fate=Fate.MADE, notes=notes))
    return outcomes


def _arrival(line: PersonLine, *, invite: bool) -> tuple[Arrival, tuple[Refusal, ...]]:
    """Return who is to be added, and what cannot be taken over of what they have."""
    password, not_read = _password(line)
    devices, left_behind = _devices(line)
    lost = line.lost_factor or bool(left_behind)
    new = services.NewAdministrator(
        email=line.email,
        details=services.Details(
            first_name=line.first_name,
            last_name=line.last_name or ("" if line.first_name else line.called),
            phone=line.phone,
        ),
        tabs=DEFAULT if line.tabs is None else line.tabs,
        # Where a second factor stays behind, the password alone must not be enough.
        require_2fa=bool(line.require_2fa) or lost,
        language=line.language,
        time_zone=line.time_zone or "UTC",
    )
    arrival = Arrival(
        new=new,
        password=password,
        devices=devices,
        suspended=line.suspended,
        invite=invite,
    )
    return arrival, (*line.notes, *not_read, *left_behind)


def _password(line: PersonLine) -> tuple[str, list[Refusal]]:
    """Return the hash to keep, empty where there is none, and why not."""
    if not line.password:
        return "", []
    try:
        return hash_formats.read(line.password), []
    except (HashUnknown, HashTooCostly) as refusal:
        return "", [refusal]


def _devices(line: PersonLine) -> tuple[tuple[tuple[str, bytes], ...], list[Refusal]]:
    """Return the devices that go on working, each with its name, and why others stay behind."""
    devices, left_behind = [], list[Refusal]()
    for device in line.devices:
        try:
            secret = (
                foreign.read(device.secret)
                if isinstance(device.secret, str)
                else foreign.checked(device.secret)
            )
            devices.append((clean_line(device.name, maximum=_LONGEST_NAME), secret))
        except (SecretInvalid, SecretUnsupported) as refusal:
            left_behind.append(refusal)
    left_behind += [FactorLost(name) for name, _ in devices[MOST_DEVICES:]]
    return tuple(devices[:MOST_DEVICES]), left_behind


def _key(line: PersonLine) -> str:
    return storable(line.email)[:254]


def _refused(line: PersonLine, refusal: Refusal) -> LineOutcome:
    wrong = refusal.fields if isinstance(refusal, FieldsRefused) else {refusal.field: refusal}
    fields = tuple(field for field in wrong if field)
    return LineOutcome(
        number=line.number, key=_key(line), fate=Fate.REFUSED, fields=fields, refusal=refusal
    )
