"""Passkeys over the pages: signing in with one alone, the second step, setting up, proving, removing."""

from __future__ import annotations

from django.test import Client

from tests.kit import people
from tests.kit.passkeys import ORIGIN

HOST = ORIGIN.removeprefix("http://")


def browser() -> Client:
    """Return a browser at the relying party's own address."""
    return Client(HTTP_USER_AGENT=people.CHROME, HTTP_HOST=HOST)


def page(person, deed=""):
    return f"/administrators/{person.id}/{deed and deed + '/'}"


def form(person, **changes):
    """Return what the page's form would send; None leaves a field out."""
    fields = {
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "phone": person.phone,
        "tabs": sorted(person.tab_keys),
        "status": "active" if person.status == "invited" else person.status,
        "require_2fa": "on" if person.require_2fa else None,
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


# --- another e-mail, asked for among other things -------------------------------------------------


def profile(person, **changes):
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "phone": "",
        "email": person.email,
        "language": "en",
        "time_zone": "UTC",
    } | changes
