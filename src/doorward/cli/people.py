"""Administrators as the console prints them: the words of the product, times in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from django.db.models import Count, OuterRef, Q, Subquery
from django.utils import timezone

from doorward.accounts.models import Administrator, Status
from doorward.accounts.required_of import policy_of
from doorward.cli.base import utc
from doorward.customers import staff_scope
from doorward.customers.models import CustomerKind
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from doorward.credentials.models import Factor
    from doorward.customers.models import Customer

COLUMNS = ("E-MAIL", "NAME", "CUSTOMER", "STATUS", "2FA", "LAST SIGN-IN")


def listed(customer: Customer | None) -> QuerySet[Administrator]:
    """Return the people of a customer, or all, with all that is printed of them."""
    people = Administrator.objects.of(customer.id) if customer else _everybody()
    usable = Q(recovery_sets__saved_at__isnull=False, recovery_sets__codes__used_at__isnull=True)
    newest = Session.objects.filter(administrator=OuterRef("pk"), signed_in_at__isnull=False)
    return (
        people.exclude(status=Status.REMOVED)
        .select_related("customer__brand")
        .prefetch_related("factors")
        .annotate(
            last_sign_in=Subquery(newest.order_by("-signed_in_at").values("signed_in_at")[:1]),
            codes_left=Count("recovery_sets__codes", filter=usable),
        )
        .order_by("customer__name_sort", "customer_id", "name_sort", "id")
    )


def one(person: Administrator) -> Administrator:
    """Return a person with all that is printed of them."""
    found: Administrator = listed(person.customer).get(id=person.id)
    return found


def _factor(factor: Factor) -> dict[str, Any]:
    return {
        "kind": factor.kind,
        "name": factor.name,
        "confirmed_at": utc(factor.confirmed_at),
        "last_used_at": utc(factor.last_used_at),
        "usable": factor.is_usable,
    }


def record_of(person: Administrator) -> dict[str, Any]:
    """Return a person as a record for JSON."""
    customer = person.customer
    policy = policy_of(person, now=timezone.now())
    return {
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "phone": person.phone,
        "customer": customer.name,
        "status": person.status,
        "primary": person.is_primary,
        "language": person.language,
        "time_zone": person.time_zone,
        "tabs": sorted(person.tab_keys),
        **_scope(person),
        "require_2fa": person.require_2fa,
        "required": policy.required,
        "factors": [_factor(one) for one in person.factors.all()],
        "recovery_codes_left": person.codes_left,  # type: ignore[attr-defined]
        "added_at": utc(person.added_at),
        "last_sign_in": utc(person.last_sign_in),  # type: ignore[attr-defined]
    }


def _scope(person: Administrator) -> dict[str, Any]:
    """Return which customers one of the provider's people sees; of a customer's people, nothing."""
    if person.customer.kind != CustomerKind.PROVIDER:
        return {"scope": None}
    scope = person.staff_scope
    found: dict[str, Any] = {"scope": scope.reach.value}
    if not scope.is_all:
        found[f"scope_{scope.reach}"] = staff_scope.names(scope)
    return found


def row_of(record: dict[str, Any]) -> tuple[str, ...]:
    """Return a record as a line of the table."""
    return (
        record["email"],
        f"{record['first_name']} {record['last_name']}",
        record["customer"],
        record["status"],
        second_step(record),
        record["last_sign_in"] or "never",
    )


def second_step(record: dict[str, Any]) -> str:
    """Say in a word or two how far two-factor sign-in is."""
    if record["factors"]:
        return "on, required" if record["required"] else "on"
    return "required, not set up" if record["required"] else "off"


def print_record(record: dict[str, Any]) -> None:
    """Print a record, one thing a line."""
    factors = ", ".join(factor["name"] for factor in record["factors"])
    lines = {
        "E-mail": record["email"],
        "Name": f"{record['first_name']} {record['last_name']}",
        "Phone": record["phone"] or "–",
        "Customer": record["customer"] + (" (primary)" if record["primary"] else ""),
        "Status": record["status"],
        "Tabs": ", ".join(record["tabs"]) or "none",
        **_sees(record),
        "2FA": second_step(record) + (f" ({factors})" if factors else ""),
        "Recovery codes": str(record["recovery_codes_left"]),
        "Added": record["added_at"],
        "Last sign-in": record["last_sign_in"] or "never",
    }
    width = max(map(len, lines))
    for name, said in lines.items():
        click.echo(f"{name.ljust(width)}  {said}")


def _sees(record: dict[str, Any]) -> dict[str, str]:
    if record["scope"] is None:
        return {}
    names = record.get(f"scope_{record['scope']}")
    return {"Customers": ": ".join([record["scope"], *([", ".join(names)] if names else [])])}


def _everybody() -> QuerySet[Administrator]:
    people: QuerySet[Administrator] = Administrator.objects.everywhere()
    return people
