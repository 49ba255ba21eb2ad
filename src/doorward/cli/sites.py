"""`doorward sites`: the sites behind tabs that have no sign-in of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.cli.applications import print_tried
from doorward.cli.base import Group, json_option, print_json, print_table, with_data
from doorward.cli.failure import Failure
from doorward.gate.assurance import Assurance

if TYPE_CHECKING:
    from doorward.applications.models import Site

# The password alone is no more than everybody verifies.
_ASKED = tuple(one.value for one in Assurance if one is not Assurance.PASSWORD)


@click.group(cls=Group)
def sites() -> None:
    """Put sites that have no sign-in of their own behind the portal's: proxies ask here about each request."""


@sites.command()
@click.argument("tab")
@click.argument("address")
@click.option(
    "--required-acr",
    type=click.Choice(_ASKED),
    help="What its people must have verified at least: two factors, or a passkey (phr) [what their policy asks for].",
)
@with_data
def add(tab: str, address: str, required_acr: str | None) -> None:
    """Put the site at ADDRESS (https:// and a host name) behind the sign-in, for whoever may use the TAB (its key)."""
    from doorward.applications import sites as services  # noqa: PLC0415 - after set-up, as all below
    from doorward.customers.models import Tab  # noqa: PLC0415

    found = Tab.objects.filter(key=tab).first()
    if found is None:
        raise Failure(f"There is no tab {tab} of the provider's own.")
    details = services.SiteDetails(origin=address, required_acr=required_acr or "")
    made = services.add(found.id, details, actor=CONSOLE, now=timezone.now())
    click.echo(f"{made.origin} is behind the sign-in.")


@sites.command("list")
@json_option
@with_data
def list_(*, as_json: bool) -> None:
    """List all sites."""
    from doorward.applications import sites as services  # noqa: PLC0415

    records = [_record(one) for one in services.all_of_them()]
    if as_json:
        print_json(records)
        return
    rows = [(one["tab"], one["address"], one["required_acr"]) for one in records]
    print_table(("TAB", "ADDRESS", "REQUIRED ACR"), rows)


@sites.command()
@click.argument("tab")
@with_data
def remove(tab: str) -> None:
    """Remove the site of a TAB: nobody is let through to it any more; the tab stays a link."""
    from doorward.applications import sites as services  # noqa: PLC0415

    services.remove(_of(tab).id, actor=CONSOLE)
    click.echo(f"The site of {tab} was removed.")


@sites.command("try")
@click.argument("tab")
@click.argument("email")
@json_option
@with_data
def try_(tab: str, email: str, *, as_json: bool) -> None:
    """Print whether the person with this EMAIL would get in to the site of a TAB, and what it would be told.

    Nobody is signed in by it. History has it.
    """
    print_tried(_of(tab), email, as_json=as_json)


def _of(tab: str) -> Site:
    from doorward.applications import sites as services  # noqa: PLC0415

    found: Site | None = services.all_of_them().filter(tab__key=tab).first()
    if found is None:
        raise Failure(f"The tab {tab} has no site.")
    return found


def _record(site: Site) -> dict[str, Any]:
    return {"tab": site.tab.key, "address": site.origin, "required_acr": site.required_acr}
