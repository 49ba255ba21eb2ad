"""Adding an administrator at the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from django.conf import settings
from django.utils import timezone

from doorward.accounts import invitations, lookalikes, mailed_links, services
from doorward.accounts.staff_scope import Wanted
from doorward.audit.actor import CONSOLE
from doorward.audit.naming import named
from doorward.cli.brands import brand_named
from doorward.cli.failure import Failure
from doorward.cli.output import show_once
from doorward.credentials.password import at_console as password_first
from doorward.customers.cached import brand_of
from doorward.customers.tabs import DEFAULT, assignable, built_in

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator
    from doorward.accounts.services import NewAdministrator
    from doorward.customers.models import Customer


def names_of(email: str) -> tuple[str, str]:
    """Make names of an e-mail: ines.moreau@… is Ines Moreau, post@harbour.example is Post Harbour."""
    local, _, domain = email.strip().partition("@")
    words = [word for word in local.partition("+")[0].replace("_", ".").split(".") if word]
    if len(words) < 2:  # noqa: PLR2004 - a first and a last name
        words = [*words, domain.partition(".")[0]]
    first, last = words[0], " ".join(words[1:])
    return first.title(), last.title()


def tabs_for(customer: Customer, keys: tuple[str, ...], *, primary: bool) -> frozenset[str]:
    """Return the tabs of somebody new, or raise `Failure` for one that the customer's people cannot have."""
    unknown = [key for key in keys if key not in assignable(customer)]
    if unknown:
        raise Failure(f"{customer.name} has no tab {unknown[0]}.")
    if primary:
        return frozenset(built_in(customer)) | frozenset(keys)
    return frozenset(keys) or DEFAULT


def scope_of(
    reach: str | None, brands: tuple[str, ...], customers: tuple[str, ...]
) -> Wanted | None:
    """Return the scope of one of the provider's people, or raise `Failure` where the words do not fit together."""
    if reach is None and (brands or customers):
        raise Failure("Say with --scope whether brands or customers are meant.")
    if (brands and reach != "brands") or (customers and reach != "customers"):
        raise Failure(f"With {reach} say no names of anything else.")
    if reach is None:
        return None
    named_brands = frozenset(str(brand_named(name)) for name in brands)
    return Wanted(reach=reach, brands=named_brands, customers=frozenset(customers))


def language_of(code: str) -> str:
    """Return a language that there is (none given: none chosen), or raise `Failure`."""
    known = dict(settings.LANGUAGES)
    if code and code not in known:
        raise Failure(f"There is no language {code}: choose one of {', '.join(known)}.")
    return code


def resend(person: Administrator) -> None:
    """Have a new invitation mailed, and print its address and nothing else."""
    link = invitations.resend(person, actor=CONSOLE, now=timezone.now())
    show_once(
        brand_of(person.customer.brand_id).address(mailed_links.path(link)),
        otherwise=f"The new invitation of {person.email} is being mailed all the same.",
    )


def add_active(new: NewAdministrator, customer: Customer, *, password: str) -> None:
    """Add somebody who can sign in at once."""
    person = password_first.add_active(
        new, password=password, customer=customer, actor=CONSOLE, now=timezone.now()
    )
    click.echo(f"{person.email} was added to {customer.name} and can sign in.")
    _say_lookalikes(person)


def invite(new: NewAdministrator, customer: Customer) -> None:
    """Add somebody, have the invitation mailed, and print its address and nothing else."""
    person, link = services.add(new, customer=customer, actor=CONSOLE, now=timezone.now())
    show_once(
        brand_of(customer.brand_id).address(mailed_links.path(link)),
        otherwise=f"{person.email} was added and is being mailed the invitation all the same.",
    )
    _say_lookalikes(person)


def _say_lookalikes(person: Administrator) -> None:
    """Say on stderr whom somebody new could be taken for."""
    for name, email in lookalikes.namesakes(person):
        click.echo(f"{named(name, email)} has the same name, or one that looks like it.", err=True)
    resembled = lookalikes.resembled_domain(
        person.email, customer_id=person.customer_id, besides=person.id
    )
    if resembled:
        click.echo(f"{person.email} is not at {resembled}. The two only look alike.", err=True)
