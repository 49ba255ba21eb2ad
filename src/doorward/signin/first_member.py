"""The first of the provider's people: made by the link that a first start printed, and let on to the gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from doorward.accounts import first_link
from doorward.accounts.models import Status
from doorward.accounts.services import Details, NewAdministrator, insert, made
from doorward.accounts.staff_scope import Wanted
from doorward.audit.actor import CONSOLE, Actor, by_printed_link
from doorward.audit.record import record
from doorward.credentials.password import change
from doorward.customers.models import Customer, CustomerKind
from doorward.customers.tabs import built_in
from doorward.permissions.staff_scope import Reach
from doorward.signin.events import FIRST_MEMBER_ADDED

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.accounts.models import Administrator
    from doorward.audit.actor import ClientInfo
    from doorward.sessions.issuing import Started


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstMember:
    """What the form of the link asks for."""

    email: str
    first_name: str
    last_name: str
    password: str
    language: str = ""


def add(
    new: FirstMember, *, token: str, browser_token: str, client: ClientInfo, now: datetime
) -> Started:
    """Make the first of the provider's people, with every tab and all customers; begin a session that meets the gate.

    Two factors are required of all staff from the first day, so the gate's next step sets up the first one. Raises
    `FirstLinkInvalid`, `EmailTaken`, `FieldsRefused` with every field that is wrong, and what refuses a password.
    """
    link = first_link.find(token, host=client.host, now=now)
    person = _made(new, now=now)
    chosen = change.accept(new.password, person=person, now=now)
    for name, value in chosen.columns(by_link_at=now).items():
        setattr(person, name, value)
    actor = Actor(person=person.who(), client=client, credential=by_printed_link(link.id))
    with transaction.atomic():
        first_link.consume(link, provider=first_link.provider_locked(), now=now)
        insert(person)
        # As by a reset: strangers may have tried this e-mail before anybody was there.
        change.forget_failures(person, browser_token=browser_token)
        record(FIRST_MEMBER_ADDED, actor=actor, details={"tabs": sorted(person.tab_keys)})
        return change.begin_from_link(person.id, browser_token=browser_token, actor=actor, now=now)


def _made(new: FirstMember, *, now: datetime) -> Administrator:
    provider = Customer.objects.select_related("brand").get(kind=CustomerKind.PROVIDER)
    wanted = NewAdministrator(
        email=new.email,
        details=Details(first_name=new.first_name, last_name=new.last_name),
        tabs=frozenset(built_in(provider)),
        is_primary=True,
        language=new.language,
        scope=Wanted(reach=Reach.ALL),
    )
    # The operator gave the link, and with it everything that there is.
    return made(wanted, customer=provider, status=Status.ACTIVE, actor=CONSOLE, now=now)
