"""People, codes and signed-in browsers for tests: the real services, the real pages, real codes.

`tests/conftest.py` has the trio of every test of access as fixtures: `owner` (has the
Administrators tab), `colleague` (has not), `outsider` (has it, at another customer).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from doorward.accounts import mailed_links, services
from doorward.accounts.models import Administrator, MailedLink, Status
from doorward.audit.actor import CONSOLE, Actor, ClientInfo
from doorward.audit.models import Event
from doorward.credentials import standing
from doorward.credentials.models import Factor
from doorward.credentials.password import at_console as password_first
from doorward.customers import cached
from doorward.customers import services as customers
from doorward.customers.models import Customer, CustomerKind
from doorward.customers.tabs import BUILT_IN, DEFAULT
from doorward.kernel import heartbeat
from doorward.sessions import issuing
from doorward.signin import forgotten_password
from doorward.web.http import readiness, server_clock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.events import EventType

# 15 characters and more: it may stand alone, without a second factor.
PASSWORD = "seven bridges over a quiet river"
OTHER_PASSWORD = "nine kettles under a broken roof"
ALL_TABS = frozenset(BUILT_IN)

# A brand as the form of the Brands tab sends it.
BRAND = {
    "name": "Brightwave",
    "hosts": "portal.brightwave.example\nbrightwave.example",
    "accent": "#ffb81c",
    "issuer": "Brightwave",
    "support_email": "help@brightwave.example",
    "support_phone": "+49 30 23125 010",
    "support_url": "https://www.brightwave.example/help",
    "support_hours": "Mon–Fri 9–17",
    "terms_url": "https://www.brightwave.example/terms",
    "privacy_url": "",
    "legal_url": "",
    "email_from": "",
}


TAB_REST = {"icon": "phone", "audience": "everyone", "customers": ""}


def make_customer(name: str = "Harbour Bakery", **columns: Any) -> Customer:
    """Add a customer (and, the first time, the provider); `columns` are written as they are."""
    now = timezone.now()
    customers.first_start(now=now)
    customer = customers.add(name=name, actor=CONSOLE, now=now)
    if columns:
        Customer.objects.filter(id=customer.id).update(**columns)
    return customers.get(customer.id)


def provider() -> Customer:
    """Return the provider's own customer."""
    customers.first_start(now=timezone.now())
    return Customer.objects.select_related("brand").get(kind=CustomerKind.PROVIDER)


def make_administrator(
    customer: Customer,
    *,
    email: str = "ines.moreau@harbourbakery.example",
    name: str = "Ines Moreau",
    tabs: Iterable[str] = DEFAULT,
    password: str = PASSWORD,
    **columns: Any,
) -> Administrator:
    """Add somebody who can sign in; `columns` (require_2fa, status, …) are written as they are."""
    first, _, last = name.partition(" ")
    added = password_first.add_active(
        services.NewAdministrator(
            email=email,
            details=services.Details(first_name=first, last_name=last),
            tabs=frozenset(tabs),
        ),
        password=password,
        customer=customer,
        actor=CONSOLE,
        now=timezone.now(),
    )
    if columns:
        Administrator.objects.of(customer.id).filter(id=added.id).update(**columns)
    return again(added)


def invite(
    customer: Customer,
    *,
    email: str = "lena.fischer@harbourbakery.example",
    name: str = "Lena Fischer",
    **rest: Any,
) -> Administrator:
    """Add somebody who is still to accept the invitation."""
    first, _, last = name.partition(" ")
    new = services.NewAdministrator(
        email=email,
        details=services.Details(first_name=first, last_name=last),
        **({"tabs": DEFAULT} | rest),
    )
    person, _link = services.add(new, customer=customer, actor=CONSOLE, now=timezone.now())
    return again(person)


def again(person: Administrator) -> Administrator:
    """Read a person again, with customer and brand."""
    people = Administrator.objects.everywhere().select_related("customer__brand")
    return people.get(id=person.id)


def again_by_id(person_id: UUID) -> Administrator:
    """Read a person by their id, with customer and brand."""
    return Administrator.objects.everywhere().select_related("customer__brand").get(id=person_id)


def actor(person: Administrator) -> Actor:
    """Return a person as the one who acts."""
    return Actor(person=person.who(), client=ClientInfo(address="192.0.2.10", browser="A browser"))


def disable_apps(person: Administrator, **named: str) -> None:
    """Disable a person's apps (of this name), as wrong codes do."""
    apps = Factor.objects.filter(administrator=person, **named)
    apps.update(locked_at=timezone.now())
    standing.keep(person.id)


def was_signed_in(person: Administrator, at: datetime) -> None:
    """Let a person have signed in at that time."""
    issuing.begin(person, actor=actor(person), now=timezone.now(), signed_in_at=at)
    rows = Administrator.objects.everywhere().filter(id=person.id)
    rows.update(last_signed_in_at=Greatest(Coalesce("last_signed_in_at", Value(at)), Value(at)))


def events(event_type: EventType, **fields: Any) -> list[Event]:
    """Return what history has of a type, oldest first."""
    return list(Event.objects.filter(type=event_type, **fields).order_by("id"))


def answer_asked() -> None:
    """Do what the worker does with links that were asked for: nobody is looked up before."""
    forgotten_password.answer(now=timezone.now())


def ask_for_link(email: str, *, client: ClientInfo | None = None) -> None:
    """Ask for a link for a forgotten password, and do what the worker does with it."""
    client = client or ClientInfo(address="192.0.2.1")
    forgotten_password.ask(email=email, client=client, now=timezone.now())
    answer_asked()


def path_of(purpose: str, **whose: Any) -> str:
    """Return the path of the newest mailed link for something."""
    links = MailedLink.objects.filter(purpose=purpose, **whose)
    return mailed_links.path(links.latest("created_at"))


def is_active(person: Administrator) -> bool:
    """Return whether the row is active by now."""
    return again(person).status == Status.ACTIVE


def worker_beats(*, ago: timedelta = timedelta()) -> None:
    """Have a background worker that said a while ago that it runs."""
    heartbeat.beat(heartbeat.WORKER, now=timezone.now() - ago)


def forget_caches() -> None:
    """Read brands, tabs and the database's clock again: the rows of the last test are gone."""
    cached.forget()
    server_clock.forget()
    readiness.forget()


CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36"
)
