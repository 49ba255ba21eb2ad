"""Fills the data folder for `sign_in.py`: prints the e-mails and app secrets of the people it made."""

from __future__ import annotations

import json
import secrets
import sys

from doorward.cli.base import set_up_django


def main(people: int) -> None:
    """Make one customer with so many people, each with an app and a password."""
    set_up_django()
    # ruff: noqa: PLC0415 - models are there once Django is set up
    from django.contrib.auth.hashers import make_password
    from django.utils import timezone

    from doorward.administrators.models import Administrator, Status, tabs_text
    from doorward.administrators.services import folded_name
    from doorward.audit.origin import CONSOLE
    from doorward.cli.data import bring_up_to_date
    from doorward.core import totp
    from doorward.customers import services as customers
    from doorward.customers.tabs import BUILT_IN
    from doorward.mfa.set_up import write_factor

    bring_up_to_date()
    now = timezone.now()
    customer = customers.add(name="Harbour Bakery", by=CONSOLE, now=now)
    encoded = make_password("seven bridges over a quiet river")
    made = []
    for number in range(people):
        email = f"person{number}@harbourbakery.example"
        person = Administrator.objects.create(
            customer=customer,
            email=email,
            email_folded=email,
            first_name="Person",
            last_name=f"Number {number}",
            name_folded=folded_name("Person", f"Number {number}"),
            tabs=tabs_text(BUILT_IN),
            status=Status.ACTIVE,
            password=encoded,
            password_long=True,
            added_at=now,
        )
        secret = totp.new_secret(secrets.token_bytes)
        write_factor(person.id, secret, step=0, name="Phone", now=now)
        made.append({"email": email, "secret": secret.hex()})
    print(json.dumps(made))


if __name__ == "__main__":
    main(int(sys.argv[1]))
