"""`doorward brands`: what portals look like, and under which host names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.cli.base import Group, json_option, print_json, print_table, with_data
from doorward.cli.failure import Failure
from doorward.kernel.errors import NotFound

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.customers.models import Brand


@click.group(cls=Group)
def brands() -> None:
    """List brands, and confirm their host names."""


@brands.command("list")
@json_option
@with_data
def list_(*, as_json: bool) -> None:
    """List all brands with their host names, the default one first.

    STATE is `links` for the name that links in mails and passkeys have, `used` for others that people sign in at, and
    `unconfirmed` for those that are not used yet.
    """
    from doorward.customers.models import Brand  # noqa: PLC0415 - after set-up, as all below

    rows = Brand.objects.order_by("-is_default", "name", "id")
    records = [_record(brand) for brand in rows]
    if as_json:
        print_json(records)
        return
    print_table(("NAME", "HOST", "STATE"), [row for record in records for row in _rows(record)])


@brands.command()
@click.argument("host")
@with_data
def confirm(host: str) -> None:
    """Confirm a host name without a check.

    It is used for signing in, and for links and passkeys if it is the first one.
    """
    from doorward.customers import hosts  # noqa: PLC0415
    from doorward.kernel.text.cleaning import clean_host  # noqa: PLC0415

    name = clean_host(host)
    try:
        brand = hosts.confirm(name, actor=CONSOLE, now=timezone.now())
    except NotFound as error:
        raise Failure(f"No brand has the host name {name}.") from error
    click.echo(f"{name} of {brand} is confirmed.")


def brand_named(name: str) -> UUID:
    """Return the id of the brand of that name, whatever its letter case, or raise `Failure`."""
    from doorward.customers.models import Brand  # noqa: PLC0415
    from doorward.kernel.text.cleaning import fold_case  # noqa: PLC0415

    rows = Brand.objects.values_list("id", "name")
    found = [one for one, its_name in rows if fold_case(its_name) == fold_case(name.strip())]
    if len(found) != 1:
        raise Failure(
            f"There is no brand {name}." if not found else f"Several brands are called {name}."
        )
    return found[0]


def _record(brand: Brand) -> dict[str, Any]:
    from doorward.customers import hosts  # noqa: PLC0415

    return {
        "name": brand.name,
        "is_default": brand.is_default,
        "hosts": [
            {"name": host.name, "state": host.state.value, "record": host.record}
            for host in hosts.of(brand)
        ],
    }


def _rows(record: dict[str, Any]) -> list[tuple[str, ...]]:
    if not record["hosts"]:
        return [(record["name"], "-", "")]
    return [(record["name"], host["name"], host["state"]) for host in record["hosts"]]
