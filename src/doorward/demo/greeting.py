"""What `doorward demo` says when it is ready: where it answers, and who can sign in."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

import click

from doorward.demo.data.cast import PASSWORD, cast
from doorward.demo.data.companies import (
    BRANDS,
    BRIGHTWAVE,
    COMPANIES,
    HARBOUR,
    KESTREL,
    LINDHOLM,
    NORTHLINE,
    SAKURA,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward.environment.fields import Environment

# The e-mail's part before the @, and what is special about the person.
_SHOWN: Final = {
    HARBOUR: {
        "ines.moreau": "Administrators tab, no second factor yet: the article from its beginning",
        "samuel.osei": "Administrators tab, app on",
        "tomasz.krol": "two-factor sign-in required and due",
        "aiko.tanaka": "required and on: Disable 2FA is not there",
        "giorgos.pappas": "no second factor, not required, Home and Support and one more tab",
        "lena.fischer": "invited, in German: the invitation is in the mail",
        "priya.raman": "app on; signed in elsewhere, to Billing and Reports too: see Security",
        "noah.okafor": "suspended: cannot sign in",
    },
    KESTREL: {
        "mona.eriksen": "Administrators tab, app on; asked by the support to agree to help for a colleague",
        "saoirse.kelly": "required by the policy, with some days of grace left",
        "viktor.hansen": "app disabled by wrong codes; recovery code: {recovery}",
    },
    LINDHOLM: {
        "elsa.lindholm": "Administrators tab, no second factor",
        "klara.vogel": "German, app on",
    },
    SAKURA: {
        "hiroshi.sato": "Administrators tab, app on; the provider requires it",
        "felix.krause": "German, required by the provider and due",
    },
    NORTHLINE: {
        "nora.whitfield": "the provider's staff: Customers, Brands and Tabs; app on",
        "chidi.eze": "the provider's staff; sees the customers of Brightwave alone; has to set up 2FA first",
        "liam.byrne": "the provider's staff without those tabs; has to set up 2FA first",
    },
}
_BY_BRIGHTWAVE: Final = frozenset({LINDHOLM, SAKURA})


def greet(environment: Environment, *, recovery_codes: Mapping[str, str]) -> None:
    """Print addresses, people and their password."""
    own = environment.origin
    other = f"http://{BRANDS[BRIGHTWAVE]['hosts'][0]}:{environment.port}"
    click.echo(f"Doorward answers at {own} ({NORTHLINE}) and {other} ({BRIGHTWAVE}).")
    shown = _rows(recovery_codes)
    widths = [max(map(len, column)) for column in zip(*chain(*shown.values()), strict=True)]
    for company, people in shown.items():
        brand, address = (BRIGHTWAVE, other) if company in _BY_BRIGHTWAVE else (NORTHLINE, own)
        click.echo(f"\n{company}, at {address} ({brand})")
        for row in people:
            click.echo("  " + "  ".join(map(str.ljust, row, widths)).rstrip())
    click.echo(f"\nEverybody's password    {PASSWORD}")
    click.echo("The code of an app      make code EMAIL=samuel.osei@harbour-bakery.example")
    click.echo("  or, where installed    doorward demo-code samuel.osei@harbour-bakery.example")
    click.echo(f"The mail that was sent  {own}/demo/mail/")
    click.echo(
        "\nPhone system, Billing and Reports are made up: a page says what would be there. What Billing and Reports"
        "\nare told of somebody is shown to Nora Whitfield under Tabs, Billing or Reports, Try it."
    )
    click.echo("\nCtrl+C ends it, and everything in it is thrown away.")


def _rows(recovery_codes: Mapping[str, str]) -> dict[str, list[tuple[str, str, str]]]:
    """Return name, e-mail and what is special of the people of each company, in columns over all of them."""
    names = {actor.email: f"{actor.first_name} {actor.last_name}" for actor in cast()}
    domains = {company.name: company.domain for company in COMPANIES}
    return {
        company: [
            (
                names[email := f"{local}@{domains[company]}"],
                email,
                special.format(recovery=recovery_codes.get(email, "")),
            )
            for local, special in people.items()
        ]
        for company, people in _SHOWN.items()
    }
