"""`doorward customers`: the companies whose administrators sign in here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.cli.base import Group, json_option, print_json, print_table, utc, with_data
from doorward.cli.brands import brand_named
from doorward.cli.failure import Failure
from doorward.cli.lookup import customer_named

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.credentials.passkeys.other_host import Breaks
    from doorward.customers.models import Customer


@click.group(cls=Group)
def customers() -> None:
    """Add, list, rename, move, suspend, close, restore and delete customers."""


@customers.command()
@click.argument("name")
@with_data
def add(name: str) -> None:
    """Add a customer. Names are unique, whatever their letter case."""
    from doorward.customers import services  # noqa: PLC0415 - after set-up, as all below

    customer = services.add(name=name, actor=CONSOLE, now=timezone.now())
    click.echo(f"{customer.name} was added.")


@customers.command()
@click.argument("name")
@click.argument("new_name", metavar="NEW-NAME")
@with_data
def rename(name: str, new_name: str) -> None:
    """Give a customer another name."""
    customer = _change(name, name=new_name)
    click.echo(f"{customer.name} was renamed to {_named(customer.id)}.")


@customers.command()
@click.argument("name")
@click.option("--brand", required=True, metavar="BRAND", help="The brand it moves to.")
@click.option("--yes", is_flag=True, help="Move it, whatever no longer works after that.")
@with_data
def move(name: str, brand: str, *, yes: bool) -> None:
    """Move a customer to another brand. Without --yes it only says what no longer works."""
    from doorward.credentials.passkeys import other_host  # noqa: PLC0415

    customer, brand_id = customer_named(name), brand_named(brand)
    if not yes:
        found = other_host.what_breaks(customer.id, brand_id, now=timezone.now())
        print_table(("WHAT NO LONGER WORKS", "NUMBER"), _breaks(found))
        raise Failure("Nothing was changed. Say --yes to move it.")
    _change(name, brand_id=brand_id)
    click.echo(f"{customer.name} was moved to {brand}.")


@customers.command()
@click.argument("name")
@with_data
def suspend(name: str) -> None:
    """Suspend a customer: its people are signed out at once and cannot sign in."""
    click.echo(f"{_change(name, status='suspended').name} is suspended.")


@customers.command()
@click.argument("name")
@with_data
def close(name: str) -> None:
    """Close a customer: like suspended, and after 30 days it can be deleted for good."""
    click.echo(f"{_change(name, status='closed').name} is closed.")


@customers.command()
@click.argument("name")
@with_data
def restore(name: str) -> None:
    """Make a suspended or closed customer active again; it is no longer to be deleted."""
    click.echo(f"{_change(name, status='active').name} is active.")


@customers.command()
@click.argument("name")
@with_data
def delete(name: str) -> None:
    """Have a closed customer deleted for good: 30 days after it was closed, and a day from now at the earliest.

    Everything that it owns must have been exported since it was closed.
    """
    from doorward.customers import deletion  # noqa: PLC0415

    customer = customer_named(name)
    at = deletion.ask(customer.id, typed=customer.name, actor=CONSOLE, now=timezone.now())
    click.echo(f"{customer.name} will be deleted for good after {at:%Y-%m-%d %H:%M} UTC.")


@customers.command()
@click.argument("name")
@with_data
def undelete(name: str) -> None:
    """Keep a customer that is to be deleted: it stays closed."""
    from doorward.customers import deletion  # noqa: PLC0415

    customer = customer_named(name)
    deletion.take_back(customer.id, actor=CONSOLE)
    click.echo(f"{customer.name} is no longer to be deleted. It is closed.")


@customers.command("list")
@json_option
@with_data
def list_(*, as_json: bool) -> None:
    """List all customers, the provider first."""
    records = [_record(customer) for customer in _all()]
    if as_json:
        print_json(records)
        return
    columns = ("NAME", "BRAND", "STATUS", "PEOPLE", "2FA")
    print_table(columns, [_row(record) for record in records])


def _change(
    found_by: str, *, name: str | None = None, brand_id: UUID | None = None, status: str = ""
) -> Customer:
    """Change these fields of a customer, and return it as it was."""
    from doorward.credentials.passkeys import other_host  # noqa: PLC0415
    from doorward.customers import services  # noqa: PLC0415
    from doorward.customers.models import CustomerStatus  # noqa: PLC0415

    customer = customer_named(found_by)
    wanted = services.CustomerChange(
        name=customer.name if name is None else name,
        brand_id=brand_id or customer.brand_id,
        status=CustomerStatus(status or customer.status),
        confirmed=True,
        typed=customer.name,
    )
    other_host.change_customer(customer.id, wanted, actor=CONSOLE, now=timezone.now())
    return customer


def _named(customer_id: UUID) -> str:
    from doorward.customers import services  # noqa: PLC0415

    return services.get(customer_id).name


def _breaks(found: Breaks) -> list[tuple[str, str]]:
    return [
        ("passkeys of the old address: people", str(found.with_passkeys)),
        ("of them with nothing else", str(found.with_nothing_else)),
        ("sessions", str(found.sessions)),
        ("trusted browsers", str(found.trusted)),
        ("mailed links", str(found.links)),
    ]


def _all() -> list[Customer]:
    from django.db.models import Count, Q  # noqa: PLC0415

    from doorward.accounts.models import Status  # noqa: PLC0415
    from doorward.customers.models import Customer  # noqa: PLC0415

    people = Count("administrator", filter=~Q(administrator__status=Status.REMOVED))
    rows = Customer.objects.select_related("brand").annotate(people=people)
    return list(rows.order_by("-kind", "name_sort", "id"))


def _record(customer: Customer) -> dict[str, Any]:
    from doorward.policy import series  # noqa: PLC0415
    from doorward.policy.loading import policies_of  # noqa: PLC0415

    policies, now = policies_of(customer), timezone.now()
    return {
        "name": customer.name,
        "kind": customer.kind,
        "brand": customer.brand.name,
        "status": customer.status,
        "since": customer.since.isoformat(),
        "delete_at": utc(customer.delete_at),
        "require_2fa": policies.scope(now=now).everyone,
        "required_of": series.current(policies.customer, now=now).required_of,
        "minimum_required_of": policies.minimums(now=now).required_of,
        "administrators": customer.people,  # type: ignore[attr-defined]
    }


def _row(record: dict[str, Any]) -> tuple[str, ...]:
    return (
        record["name"],
        record["brand"],
        record["status"],
        str(record["administrators"]),
        "required" if record["require_2fa"] else "optional",
    )
