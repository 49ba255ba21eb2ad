"""People, codes and signed-in browsers for tests: the real services, the real pages, real codes.

`tests/conftest.py` has the trio of every test of access as fixtures: `owner` (has the
Administrators tab), `colleague` (has not), `outsider` (has it, at another customer).
"""

from __future__ import annotations

from datetime import timedelta
from secrets import token_bytes
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Value
from django.db.models.functions import Coalesce, Greatest
from django.test import Client
from django.utils import timezone

from doorward.administrators import forgotten, services, sessions
from doorward.administrators.models import Administrator, Session, Status
from doorward.audit.models import Event
from doorward.audit.origin import CONSOLE, By, Origin
from doorward.core import totp
from doorward.customers import cached
from doorward.customers import services as customers
from doorward.customers.models import Customer, CustomerKind
from doorward.customers.tabs import BUILT_IN, DEFAULT
from doorward.mfa import places, recovery, standing
from doorward.mfa.models import Factor
from doorward.mfa.set_up import write_factor
from doorward.safe import heart, vault
from doorward.web import readiness, server_clock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.events import Kind

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
    "email_from": "",
}


def make_customer(name: str = "Harbour Bakery", **columns: Any) -> Customer:
    """Add a customer (and, the first time, the provider); `columns` are written as they are."""
    now = timezone.now()
    customers.first_start(now=now)
    customer = customers.add(name=name, by=CONSOLE, now=now)
    if columns:
        Customer.objects.filter(id=customer.id).update(**columns)
    return customers.get(customer.id)


def provider() -> Customer:
    """Give the provider's own customer."""
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
    added = services.add_active(
        services.NewAdministrator(
            email=email,
            details=services.Details(first_name=first, last_name=last),
            tabs=frozenset(tabs),
        ),
        password=password,
        customer=customer,
        by=CONSOLE,
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
    person, _link = services.add(new, customer=customer, by=CONSOLE, now=timezone.now())
    return again(person)


def again(person: Administrator) -> Administrator:
    """Read a person anew, with customer and brand."""
    people = Administrator.objects.everywhere().select_related("customer__brand")
    return people.get(id=person.id)


def again_by_id(person_id: UUID) -> Administrator:
    """Read a person by their id, with customer and brand."""
    return Administrator.objects.everywhere().select_related("customer__brand").get(id=person_id)


def by(person: Administrator) -> By:
    """Give a person as the one who acts."""
    return By(who=person.who(), origin=Origin(address="192.0.2.10", browser="A browser"))


def enable_app(person: Administrator, *, name: str = "Pixel 9") -> bytes:
    """Give a person a confirmed authenticator app, of which no code was used; give its secret."""
    secret = totp.new_secret(token_bytes)
    write_factor(person.id, secret, step=0, name=name, now=timezone.now())
    return secret


def disable_apps(person: Administrator, **named: str) -> None:
    """Disable a person's apps (of this name), as wrong codes do."""
    apps = Factor.objects.filter(administrator=person, **named)
    apps.update(locked_at=timezone.now())
    standing.keep(person.id)


def was_signed_in(person: Administrator, at: datetime) -> None:
    """Let a person have signed in at that time."""
    sessions.begin(person, by=by(person), now=timezone.now(), signed_in_at=at)
    rows = Administrator.objects.everywhere().filter(id=person.id)
    rows.update(last_signed_in_at=Greatest(Coalesce("last_signed_in_at", Value(at)), Value(at)))


def saved_codes(person: Administrator) -> list[str]:
    """Give the recovery codes that a person has made and saved just now."""
    now = timezone.now()
    recovery.make(person, now=now)
    codes = recovery.unsaved(person.id)
    recovery.confirm_saved(administrator_id=person.id, by=by(person), now=now)
    return codes


def code(secret: bytes, *, now: datetime | None = None, offset: int = 0) -> str:
    """Give the code that an app with this secret shows, `offset` steps of 30 seconds away."""
    return totp.code_at(secret, totp.step_at(now or timezone.now()) + offset)


def next_code(person: Administrator, *, name: str = "") -> str:
    """Give a code of the person's first app (of this name) that is accepted now, however many were before it.

    Where all three of the window are burnt, the row forgets: as if a minute had gone by.
    """
    rows = Factor.objects.filter(administrator=person, **({"name": name} if name else {}))
    factor = rows.order_by("confirmed_at")[0]
    secret = vault.open_sealed(factor.sealed or b"", **places.of_factor(factor.id))
    current = totp.step_at(timezone.now())
    step = max(factor.last_step + 1, current)
    if step > current + 1:
        step = current
        Factor.objects.filter(id=factor.id).update(last_step=current - 2)
    return totp.code_at(secret, step)


def sign_in(client: Client, person: Administrator, password: str = PASSWORD) -> Client:
    """Sign in over the real pages, with a code where the person has an app."""
    answer = client.post("/sign-in/", {"email": person.email, "password": password})
    assert answer.status_code == 303, answer.content.decode()
    if Factor.objects.filter(administrator=person).exists():
        answer = client.post("/sign-in/code/", {"code": next_code(person)})
        assert answer.status_code == 303, answer.content.decode()
    return client


def browser_of(person: Administrator, password: str = PASSWORD) -> Client:
    """Give a new browser in which this person is signed in."""
    return sign_in(Client(HTTP_USER_AGENT=CHROME), person, password)


def age_proofs(person: Administrator, *, hours: int = 3) -> None:
    """Set back what was proved in this person's sessions, as if they had been in use for so long."""
    moments = ("password_at", "passkey_at", "factor_at", "recovery_at", "mailbox_at")
    for session in Session.objects.filter(administrator=person):
        for name in moments:
            if proved_at := getattr(session, name):
                setattr(session, name, proved_at - timedelta(hours=hours))
        session.save(update_fields=moments)


def browser_signed_in_by_service(person: Administrator) -> Client:
    """Give a browser of somebody whose password was right, without any page of the portal."""
    now = timezone.now()
    started = sessions.begin(person, by=by(person), now=now, password_at=now)
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = started.token
    return client


def browser_of_with_factor(person: Administrator) -> Client:
    """Give a browser in which password and app were proved, without any page of the portal."""
    factor = Factor.objects.filter(administrator=person)[0]
    now = timezone.now()
    started = sessions.begin(
        person, by=by(person), now=now, password_at=now, factor_at=now, factor_id=factor.id
    )
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = started.token
    return client


def events(kind: Kind, **fields: Any) -> list[Event]:
    """Give what history has of a kind, oldest first."""
    return list(Event.objects.filter(kind=kind.value, **fields).order_by("id"))


def answer_asked() -> None:
    """Do what the worker does with links that were asked for: nobody is looked up before."""
    forgotten.answer(now=timezone.now())


def ask_for_link(email: str, *, origin: Origin | None = None) -> None:
    """Ask for a link for a forgotten password, and do what the worker does with it."""
    forgotten.ask(email=email, origin=origin or Origin(), now=timezone.now())
    answer_asked()


def is_active(person: Administrator) -> bool:
    """Say whether the row is active by now."""
    return again(person).status == Status.ACTIVE


def worker_beats(*, ago: timedelta = timedelta()) -> None:
    """Have a background worker that said a while ago that it runs."""
    heart.beat(heart.WORKER, now=timezone.now() - ago)


def forget_caches() -> None:
    """Read brands, tabs and the database's clock anew: the rows of the last test are gone."""
    cached.forget()
    server_clock.forget()
    readiness.forget()


CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36"
)
