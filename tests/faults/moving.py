"""What is imported while it is killed: a file of each kind, and what must have come of it, once."""

from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from doorward.accounts.events import ADMINISTRATOR_ADDED, INVITATION_SENT
from doorward.accounts.models import Administrator, MailedLink
from doorward.audit.models import Event
from doorward.credentials.events import APP_TAKEN_OVER
from doorward.credentials.models import Factor
from doorward.credentials.totp import foreign
from doorward.customers.events import CUSTOMER_ADDED
from doorward.customers.models import Customer
from tests.kit import people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HASH = "pbkdf2_sha256$600000$a1B2c3$iR0CCTLDNNoJH8BqLXRPHbFQVGBqQ2gSsvCgUKHYQGM="
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
# Of ten lines, one is about somebody of an earlier line, and one about nobody.
REFUSED = 2 / 10


@dataclass(frozen=True)
class Kind:
    """`text`: of so many lines, into a customer of that name; `holds`: for the numbers of those that were right."""

    name: str
    text: Callable[[int, str], str]
    holds: Callable[[list[int]], None]
    words: tuple[str, ...] = ()
    prepare: Callable[[int, Customer], None] = lambda _lines, _customer: None


def right(lines: int) -> list[int]:
    """Return which of so many lines are right: the rest is refused."""
    return [number for number in range(lines) if number % 10 not in {4, 9}]


def _emails(lines: int) -> Iterator[str]:
    for number in range(lines):
        known = {4: f"p{number - 4}@moving.example", 9: f"nobody {number}"}
        yield known.get(number % 10, f"p{number}@moving.example")


def _people(lines: int, customer: str) -> str:
    """Some have a password and an app, some are suspended; the others are invited, fewer than mails are allowed."""
    rows = ["email,last name,customer,password hash,totp,status"]
    kinds = (f"{HASH},{SECRET},", ",,", ",,suspended")
    for number, email in enumerate(_emails(lines)):
        rows.append(f"{email},N{number},{customer},{kinds[number % 3]}")
    return "\n".join(rows)


def _customers(lines: int, _customer: str) -> str:
    names = [one.replace("nobody", "").split("@")[0].strip() for one in _emails(lines)]
    return "\n".join(["name,brand", *(f"Moved {one},{_brand(one)}" for one in names)])


def _brand(name: str) -> str:
    return "" if name.startswith("p") else "No such brand"


def _realm(lines: int, _customer: str) -> str:
    app = {"digits": 6, "period": 30, "algorithm": "HmacSHA1"}
    about = {"subType": "totp", "counter": 0, **app}
    otp = {"type": "otp", "credentialData": json.dumps(about)}
    otp["secretData"] = json.dumps({"value": "aB3dE6gH9jKlMnOpQrSt"})
    users = [
        {"username": f"u{n}", "email": email, "enabled": True, "credentials": [otp] * (n % 3 == 0)}
        for n, email in enumerate(_emails(lines))
    ]
    return json.dumps({"realm": "old", "users": users})


def _apps(lines: int, _customer: str) -> str:
    codes = []
    for number in range(lines):
        made = foreign._payload()
        email = f"p{number}@moving.example" if number in right(lines) else f"nobody {number}"
        one = {"name": email, "issuer": "Old portal", "digits": 1, "type": 2}
        made.otp_parameters.add(secret=b"12345678901234567890", **one)
        made.batch_size, made.batch_index, made.batch_id = 1, 0, number
        data = quote(base64.b64encode(made.SerializeToString()).decode(), safe="")
        codes.append(f"otpauth-migration://offline?data={data}")
    return "\n".join(codes)


def _there(lines: int, customer: Customer) -> None:
    for number in right(lines):
        people.make_administrator(customer, email=f"p{number}@moving.example")


def _people_are_there(numbers: list[int]) -> None:
    """Each of them once, with all that is theirs."""
    rows = Administrator.objects.everywhere().filter(email_folded__endswith="@moving.example")
    ids = {int(one.email[1:].split("@")[0]): one.id for one in rows}
    assert sorted(ids) == numbers
    assert len(ids) == rows.count()
    everybody = set(ids.values())
    assert happened(ADMINISTRATOR_ADDED, everybody) == dict.fromkeys(everybody, 1)
    factors = Factor.objects.filter(administrator_id__in=everybody)
    moved = {ids[number] for number in numbers if number % 3 == 0}
    assert Counter(factors.values_list("administrator_id", flat=True)) == dict.fromkeys(moved, 1)


def _people_are_invited(numbers: list[int]) -> None:
    _people_are_there(numbers)
    rows = Administrator.objects.everywhere().filter(
        email_folded__endswith="@moving.example", status="invited"
    )
    invited = set(rows.values_list("id", flat=True))
    assert len(invited) == len([number for number in numbers if number % 3 == 1])
    assert happened(INVITATION_SENT, invited) == dict.fromkeys(invited, 1)
    links = Counter(MailedLink.objects.values_list("administrator_id", flat=True))
    assert links == dict.fromkeys(invited, 1)


def _customers_are_there(numbers: list[int]) -> None:
    rows = Customer.objects.filter(name__startswith="Moved ")
    assert sorted(rows.values_list("name", flat=True)) == sorted(f"Moved p{n}" for n in numbers)
    events = Event.objects.filter(type=CUSTOMER_ADDED, customer_name__startswith="Moved ")
    assert set(Counter(events.values_list("customer_name", flat=True)).values()) == {1}
    assert events.count() == len(numbers)


def _apps_are_there(numbers: list[int]) -> None:
    taken = Factor.objects.filter(taken_over=True).values_list("administrator__email", flat=True)
    assert sorted(taken) == sorted(f"p{number}@moving.example" for number in numbers)
    there = Administrator.objects.everywhere().filter(email_folded__endswith="@moving.example")
    everybody = set(there.values_list("id", flat=True))
    assert happened(APP_TAKEN_OVER, everybody) == dict.fromkeys(everybody, 1)


def happened(event_type: str, everybody: set[Any]) -> Counter[Any]:
    """Return how often it happened to each of these."""
    rows = Event.objects.filter(type=event_type, subject_id__in=everybody)
    return Counter(rows.values_list("subject_id", flat=True))


PEOPLE = Kind("people", _people, _people_are_invited, ("--invite",))
CUSTOMERS = Kind("customers", _customers, _customers_are_there)
REALM = Kind("keycloak", _realm, _people_are_there, ("--customer", "Harbour Bakery"))
APPS = Kind("apps", _apps, _apps_are_there, ("--customer", "Harbour Bakery"), _there)
