"""Fills a data folder for `sizes.py`, as `DOORWARD_DATA_DIR` and `DOORWARD_DATABASE_URL` have it.

    python -m benchmarks.large one [people] [events]       one customer with so many of each
    python -m benchmarks.large many [customers] [people]   so many customers with so many people each

Prints who signs in, with the secret of their app: an administrator of a customer, and people of the provider who are
there for all customers, for those of a brand, and for some by name.
"""

from __future__ import annotations

import json
import secrets
import sys
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from doorward.cli.base import set_up_django

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Iterator
    from datetime import datetime

# ruff: noqa: PLC0415, SLF001 - models are there once Django is set up; columns are read of them
AT_ONCE = 5000
FIRST = (
    "Ada",
    "Bruno",
    "Clara",
    "David",
    "Elif",
    "Frida",
    "Grace",
    "Hugo",
    "Ines",
    "Jürgen",
    "Kofi",
    "Łucja",
)
LAST = (
    "Ärzte",
    "Berg",
    "Castro",
    "Demir",
    "Eriksen",
    "Fuchs",
    "Grant",
    "Huber",
    "Ivanov",
    "Jansen",
    "Król",
)
TYPES = (
    "signed_in",
    "signed_out",
    "session_ended",
    "reauthenticated",
    "details_changed",
    "rights_changed",
)
# One in a thousand, and for three quarters of the time none at all: what a filter has to look for longest.
RARE = ("two_factor_required", "refused")


# Of what staff did for customers, in the provider's own history.
OF_PROVIDER = 10_000
# So many customers are made by Python; all others are copies of them.
MADE = 1000
# Another id of the same row in each copy, the same for its own row and for those that refer to it.
ANOTHER_ID = {
    "sqlite": "substr({0}, 1, 24) || printf('%08x', copies.number)",
    "postgresql": "(substr(replace({0}::text, '-', ''), 1, 24) || lpad(to_hex(copies.number), 8, '0'))::uuid",
}
ANOTHER_TOKEN = {
    "sqlite": "randomblob(32)",
    "postgresql": "sha256(convert_to(id::text || copies.number, 'UTF8'))",
}
NAMES = ("last_name", "name", "name_folded", "name_search", "name_sort")


def copied_column(vendor: str, column: str) -> str:
    """Return what a copy has in a column, in SQL."""
    if column in ("id", "customer_id", "administrator_id"):
        return ANOTHER_ID[vendor].format(column)
    if column == "token_hash":
        return ANOTHER_TOKEN[vendor]
    if column in ("email", "email_folded"):
        return f"copies.number || '.' || {column}"
    return f"{column} || ' ' || copies.number" if column in NAMES else column


@contextmanager
def indexed_afterwards(cursor: Any, vendor: str, models: Iterable[Any]) -> Iterator[None]:
    """Take the indexes of these tables away meanwhile, and do without PostgreSQL's look at each key of another table.

    A million people then take two minutes instead of more than eight. SQLite gains nothing by it.
    """
    if vendor != "postgresql":
        yield
        return
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
        [[one._meta.db_table for one in models]],
    )
    found = cursor.fetchall()
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what was written before is looked at now
    for name, _sql in found:
        cursor.execute(f'DROP INDEX "{name}"')
    cursor.execute("SET LOCAL session_replication_role = replica")
    cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
    yield
    for _name, sql in found:
        cursor.execute(sql)
    cursor.execute("SET LOCAL session_replication_role = origin")


def write(model: Any, rows: Iterable[Any]) -> None:
    """Write rows in pieces that a database takes at once."""
    waiting = iter(rows)
    while piece := list(islice(waiting, AT_ONCE)):
        model.bulk_create(piece)


def standing_of(number: int) -> int:
    """Return how the person of a number stands with the second factor, as is kept in their row."""
    from doorward.accounts.models import Standing

    if number % 50 == 0:
        return Standing.PASSKEY
    if number % 5 >= 3:
        return Standing.NONE
    return Standing.LOCKED if number % 100 == 1 else Standing.APP


class Filling:
    """The rows of both shapes; everybody a fifth has an app, one in fifty a passkey, one in a hundred a locked app."""

    def __init__(self, now: datetime) -> None:
        """Read who is there already: the brand and the provider."""
        from doorward.customers.models import Brand, Customer

        self.now = now
        self.brand = Brand.objects.get(is_default=True)
        self.provider = Customer.objects.get(kind="provider")

    def customers(self, number: int) -> list[Any]:
        """Add so many customers."""
        from doorward.customers.models import Customer

        rows = [
            Customer(
                **Customer.name_columns(f"{LAST[place % len(LAST)]} & Co. {place:06}"),
                kind="customer",
                brand=self.brand,
                since=self.now.date(),
                status="suspended" if place % 500 == 1 else "active",
            )
            for place in range(number)
        ]
        write(Customer.objects, rows)
        return rows

    def people(self, customers: Iterable[Any], each: int) -> Iterator[Any]:
        """Make so many people of each customer."""
        from doorward.accounts.models import Administrator

        for which, customer in enumerate(customers):
            for place in range(each):
                number = which * each + place
                first, last = FIRST[number % len(FIRST)], LAST[number // 7 % len(LAST)]
                email = f"{first}.{number}@c{which}.example".casefold()
                yield Administrator(
                    customer=customer,
                    email=email,
                    email_folded=email,
                    **Administrator.name_columns(first_name=first, last_name=f"{last}-{number:x}"),
                    tabs=" home support " if place % 10 else " activity administrators home ",
                    status=("suspended", "invited")[number % 2] if number % 20 < 2 else "active",
                    require_2fa=number % 3 == 0,
                    is_primary=place == 0,
                    standing=standing_of(number),
                    last_signed_in_at=self.signed_in_at(number),
                    password="!",
                    added_at=self.now,
                )

    def signed_in_at(self, number: int) -> datetime | None:
        """Return when somebody signed in last: at a minute of the year before, one in four never."""
        return self.now - timedelta(minutes=number * 7919 % 500_000) if number % 4 else None

    def fill(self, customers: list[Any], each: int) -> list[uuid.UUID]:
        """Add the people with their factors and sign-ins; return the ids of the first thousand."""
        from doorward.accounts.models import Administrator
        from doorward.credentials.models import Factor
        from doorward.sessions.models import Session

        waiting, number = self.people(customers, each), 0
        known: list[uuid.UUID] = []
        while piece := list(islice(waiting, AT_ONCE)):
            Administrator.objects.everywhere().bulk_create(piece)
            of = list(enumerate(piece, number))
            Factor.objects.bulk_create(
                Factor(
                    administrator=person,
                    kind="passkey" if place % 50 == 0 else "app",
                    name="Phone",
                    confirmed_at=self.now,
                    locked_at=self.now if place % 100 == 1 else None,
                )
                for place, person in of
                if person.standing
            )
            Session.objects.bulk_create(
                Session(
                    administrator=person,
                    token_hash=secrets.token_bytes(32),
                    security_version=1,
                    brand_id=self.brand.id,
                    created_at=at,
                    seen_at=at,
                    signed_in_at=at,
                    address="192.0.2.1",
                )
                for place, person in of
                if (at := self.signed_in_at(place))
            )
            number += len(piece)
            known += [person.id for person in piece][: 1000 - len(known)]
        return known

    def copy(self, times: int) -> None:
        """Write every customer with all their people so many times more, within the database."""
        from django.db import connection

        from doorward.accounts.models import Administrator
        from doorward.credentials.models import Factor
        from doorward.customers.models import Customer
        from doorward.sessions.models import Session

        companies = Customer._meta.db_table
        models = (Customer, Administrator, Factor, Session)
        of_customers = f"customer_id IN (SELECT id FROM {companies} WHERE kind = 'customer')"
        kept = {Customer: "kind = 'customer'", Administrator: of_customers}
        with connection.cursor() as cursor, indexed_afterwards(cursor, connection.vendor, models):
            for model in models:
                fields = [one for one in model._meta.local_concrete_fields if not one.generated]
                copied = {
                    one.column: copied_column(connection.vendor, one.column) for one in fields
                }
                cursor.execute(
                    f"WITH RECURSIVE copies(number) AS"
                    f" (SELECT 1 UNION ALL SELECT number + 1 FROM copies WHERE number < {times:d})"
                    f" INSERT INTO {model._meta.db_table} ({', '.join(copied)})"
                    f" SELECT {', '.join(copied.values())} FROM {model._meta.db_table}, copies"
                    f" WHERE {kept.get(model, 'TRUE')}"
                )

    def events(self, customers: list[Any], people: list[uuid.UUID], number: int) -> None:
        """Add so many events, evenly over half a year."""
        from doorward.audit.models import Event

        step = timedelta(days=180) / number
        write(
            Event.objects,
            (
                Event(
                    at=self.now - step * (number - place),
                    type=RARE[0] if place % 1000 == 0 else TYPES[place % len(TYPES)],
                    outcome=RARE[1] if place < number // 4 and place % 1000 == 1 else "ok",
                    actor_type="person",
                    actor_id=people[place % len(people)],
                    actor_name=f"{FIRST[place % len(FIRST)]} {LAST[place % len(LAST)]}",
                    subject_id=people[(place * 7) % len(people)],
                    subject_name=f"{FIRST[place % len(FIRST)]} {LAST[place % len(LAST)]}",
                    customer_id=customers[place % len(customers)].id,
                    customer_name="x",
                    address="192.0.2.1",
                    browser="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                    dispatched_at=self.now,
                    batch=1,
                )
                for place in range(number)
            ),
        )

    def with_app(self, customer: Any, email: str, scope: Any = None) -> dict[str, str]:
        """Add somebody who can sign in and has every tab; `scope`: for whom one of the provider's is there."""
        from django.contrib.auth.hashers import make_password

        from benchmarks.sign_in import PASSWORD
        from doorward.accounts.models import Administrator, tabs_text
        from doorward.credentials.totp import rules
        from doorward.credentials.totp.enrol import write_factor
        from doorward.customers.tabs import BUILT_IN, STAFF
        from doorward.permissions.staff_scope import Scope

        scope = scope or Scope.EVERYTHING
        staff = customer.kind == "provider"
        person = Administrator.objects.create(  # type: ignore[misc]  # the plugin takes all of `**` for one column
            customer=customer,
            email=email,
            email_folded=email,
            **Administrator.name_columns(first_name="Zora", last_name="Zweig"),
            tabs=tabs_text(BUILT_IN + STAFF if staff else BUILT_IN),
            status="active",
            require_2fa=True,
            password=make_password(PASSWORD),
            password_long=True,
            scope=scope.reach.value,
            scope_ids=scope.text,
            added_at=self.now,
        )
        secret = rules.new_secret(secrets.token_bytes)
        write_factor(person.id, secret, step=0, name="Phone", now=self.now)
        return {
            "email": email,
            "secret": secret.hex(),
            "id": str(person.id),
            "customer": str(customer.id),
            "brand": str(self.brand.id),
        }

    def staff(self) -> list[dict[str, str]]:
        """Add people of the provider who are there for all, for a brand, and for as many as can be named."""
        from doorward.customers.models import Customer
        from doorward.customers.staff_scope import MOST
        from doorward.permissions.staff_scope import Reach, Scope, of

        named = Customer.objects.filter(kind="customer").values_list("id", flat=True)[:MOST]
        each = {
            "zora": Scope.EVERYTHING,
            "of-a-brand": of(Reach.BRANDS, [self.brand.id]),
            "by-name": of(Reach.CUSTOMERS, named),
        }
        return [
            self.with_app(self.provider, f"{who}@provider.example", scope)
            for who, scope in each.items()
        ]


def main(shape: str, first: int, second: int) -> None:
    """Fill the database and say who signs in."""
    set_up_django()
    from django.db import connection, transaction
    from django.utils import timezone

    from doorward.cli.first_start import bring_up_to_date

    bring_up_to_date()
    filling = Filling(timezone.now())
    customers, people = (1, first) if shape == "one" else (first, second)
    with transaction.atomic():
        made = filling.customers(min(customers, MADE))
        known = filling.fill(made, people)
        if customers > MADE:
            filling.copy(customers // MADE - 1)
        # With a thousand customers and more, each of those has a little history.
        filling.events(made, known, second if shape == "one" else 100_000)
        if shape == "many":
            filling.events([filling.provider], known, OF_PROVIDER)
        who = [filling.with_app(made[0], "zora@first.example"), *filling.staff()]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as its own upkeep does within a minute
    print(json.dumps(who))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
