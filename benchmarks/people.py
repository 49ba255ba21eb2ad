"""Fills the data folder for `sign_in.py`: prints who was made, with the secrets of their apps and passkeys.

Everybody has an app, or (the second number) a passkey and no app.
"""

from __future__ import annotations

import json
import secrets
import sys
from typing import TYPE_CHECKING, Any

from doorward.cli.base import set_up_django
from tests.kit.softkey import SoftKey

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


def main(people: int, with_passkeys: int) -> None:
    """Make one customer with so many people, each with a password and an app or a passkey."""
    set_up_django()
    # ruff: noqa: PLC0415 - models are there once Django is set up
    from django.contrib.auth.hashers import make_password
    from django.utils import timezone

    from doorward.accounts.models import Administrator, Status, tabs_text
    from doorward.audit.actor import CONSOLE
    from doorward.cli.first_start import bring_up_to_date
    from doorward.credentials.totp import rules
    from doorward.credentials.totp.enrol import write_factor
    from doorward.customers import services as customers
    from doorward.customers.tabs import BUILT_IN

    bring_up_to_date()
    now = timezone.now()
    customer = customers.add(name="Harbour Bakery", actor=CONSOLE, now=now)
    encoded = make_password("seven bridges over a quiet river")
    made: list[dict[str, Any]] = []
    for number in range(people + with_passkeys):
        email = f"person{number}@harbourbakery.example"
        first, last = "Person", f"Number {number}"
        names = Administrator.name_columns(first_name=first, last_name=last)
        person = Administrator.objects.create(
            customer=customer,
            email=email,
            email_folded=email,
            first_name=first,
            last_name=last,
            name_search=names["name_search"],
            name_sort=names["name_sort"],
            tabs=tabs_text(BUILT_IN),
            status=Status.ACTIVE,
            password=encoded,
            password_long=True,
            added_at=now,
        )
        if number < people:
            secret = rules.new_secret(secrets.token_bytes)
            write_factor(person.id, secret, step=0, name="Phone", now=now)
            made.append({"email": email, "secret": secret.hex()})
        else:
            made.append({"email": email, "passkey": add_passkey(person.id, now)})
    print(json.dumps(made))


def add_passkey(person_id: UUID, now: datetime) -> dict[str, Any]:
    """Give somebody a passkey as if they had registered it; return all that its device has."""
    # ruff: noqa: PLC0415
    from doorward.credentials.passkeys.enrol import write_passkey
    from doorward.credentials.passkeys.options import Party
    from doorward.credentials.passkeys.queries import handle_of
    from doorward.credentials.passkeys.rules import NewPasskey

    key = SoftKey(rp_id="localhost", user_handle=handle_of(person_id))
    new = NewPasskey(
        credential_id=key.credential_id,
        public_key=key.public_key,
        sign_count=0,
        aaguid=key.aaguid,
        transports=("internal",),
        backup_eligible=False,
        backed_up=False,
        user_verified=True,
        discoverable=True,
    )
    party = Party(id=key.rp_id, origin="", name="")
    write_passkey(person_id, new, name="Laptop", party=party, now=now)
    return {
        "id": key.credential_id.hex(),
        "handle": key.user_handle.hex(),
        "private": key.key.private_numbers().private_value,
    }


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
