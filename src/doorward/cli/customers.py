"""`doorward customers`: the companies whose administrators sign in here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from doorward.cli.base import json_option, print_json, print_table, with_data

if TYPE_CHECKING:
    from doorward.customers.models import Customer


@click.group()
def customers() -> None:
    """Add and list customers."""


@customers.command()
@click.argument("name")
@with_data
def add(name: str) -> None:
    """Add a customer. Names are unique, whatever their letter case."""
    from django.utils import timezone  # noqa: PLC0415 - after set-up, as all below

    from doorward.audit.actor import CONSOLE  # noqa: PLC0415
    from doorward.customers import services  # noqa: PLC0415

    customer = services.add(name=name, actor=CONSOLE, now=timezone.now())
    click.echo(f"{customer.name} was added.")


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


def _all() -> list[Customer]:
    from django.db.models import Count, Q  # noqa: PLC0415

    from doorward.accounts.models import Status  # noqa: PLC0415
    from doorward.customers.models import Customer  # noqa: PLC0415

    people = Count("administrator", filter=~Q(administrator__status=Status.REMOVED))
    rows = Customer.objects.select_related("brand").annotate(people=people)
    return list(rows.order_by("-kind", "name_sort", "id"))


def _record(customer: Customer) -> dict[str, Any]:
    from django.utils import timezone  # noqa: PLC0415

    from doorward.policy import series  # noqa: PLC0415
    from doorward.policy.effective import policies_of  # noqa: PLC0415

    policies, now = policies_of(customer), timezone.now()
    return {
        "name": customer.name,
        "kind": customer.kind,
        "brand": customer.brand.name,
        "status": customer.status,
        "since": customer.since.isoformat(),
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
