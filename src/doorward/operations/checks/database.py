"""What the database tells: how it is reached, who may speak for the brands, who must use two factors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from doorward.accounts import first_link
from doorward.customers import hosts
from doorward.customers.models import Brand, Customer, CustomerKind
from doorward.environment import LOOPBACK_NAMES
from doorward.kernel.db import poolers
from doorward.kernel.db.sqlite import driver
from doorward.operations.checks.finding import Finding, advice, fine, unfit
from doorward.policy.loading import policies_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def look() -> Iterator[Finding]:
    """Return the findings; the database must answer."""
    if connection.vendor == "sqlite":
        yield judge_library(driver.VERSION, safe=driver.WAL)
    else:
        connection.ensure_connection()
        link: Any = connection.connection
        yield judge_transport(link.info.host, tls=link.pgconn.ssl_in_use)
        yield _pooler()
    yield _contact()
    yield _hosts()
    yield _staff()
    yield _first_link()


def judge_library(version: str, *, safe: bool) -> Finding:
    """Say which SQLite is linked, and what it is used for."""
    if safe:
        return fine(
            "sqlite", f"SQLite {version} is linked, with a write-ahead log and synchronous=FULL."
        )
    return advice(
        "sqlite",
        driver.REFUSES_WAL,
        "Install pysqlite3 0.6.1 or newer, built with SQLite 3.51.3 or newer.",
    )


def judge_transport(host: str, *, tls: bool) -> Finding:
    """Say whether somebody listening on the way to the database can read what it is told."""
    if host.startswith("/") or host in LOOPBACK_NAMES:
        return fine("database", "The database is on this machine.")
    if tls:
        return fine("database", f"The database on {host} is reached by TLS.")
    return unfit(
        "database",
        f"The database on {host} is reached without TLS: anyone on the way can read all of it.",
        "Add ?sslmode=verify-full to DOORWARD_DATABASE_URL.",
    )


def _pooler() -> Finding:
    with poolers.directly():
        past = not poolers.is_behind_one()
    if not poolers.is_behind_one():
        return fine("pooler", "No pooler is between Doorward and PostgreSQL.")
    if past:
        return fine("pooler", "A pooler is between; migrations and backups go past it.")
    if poolers.has_direct_address():
        return unfit(
            "pooler",
            "DOORWARD_DATABASE_DIRECT_URL leads through a pooler, too: `doorward backup` does not work through it.",
            "Set it to the address of PostgreSQL itself.",
        )
    return advice(
        "pooler",
        "A pooler is between Doorward and PostgreSQL: `doorward backup` does not work through it.",
        "Set DOORWARD_DATABASE_DIRECT_URL to the address of PostgreSQL itself.",
    )


def _hosts() -> Finding:
    names = ", ".join(hosts.unconfirmed())
    if not names:
        return fine("hosts", "Every host name of the brands is confirmed, or need not be.")
    return advice(
        "hosts",
        f"Not confirmed, and so not used: {names}.",
        "Point the name to this portal and press Check now on its brand's page, or run `doorward brands confirm`.",
    )


def _contact() -> Finding:
    brands = Brand.objects.filter(support_email="", support_url="", support_phone="")
    names = ", ".join(brands.order_by("name").values_list("name", flat=True))
    if settings.DOORWARD.security_contact or not names:
        return fine("security-txt", "/.well-known/security.txt says whom to tell of a weakness.")
    return advice(
        "security-txt",
        f"{names} has no /.well-known/security.txt: people who find a weakness cannot tell you.",
        "Set DOORWARD_SECURITY_CONTACT=mailto:…, or the brand's support address.",
    )


def _staff() -> Finding:
    provider = Customer.objects.select_related("brand").get(kind=CustomerKind.PROVIDER)
    if policies_of(provider).scope(now=timezone.now()).everyone:
        return fine("staff", f"{provider.name} requires two-factor sign-in of all its own people.")
    return advice(
        "staff",
        f"{provider.name} does not require two-factor sign-in of its own people, who reach all customers.",
        "Require it on the Account page of the provider's own portal.",
    )


def _first_link() -> Finding:
    until = first_link.open_until(now=timezone.now())
    if until is None:
        return fine("first-link", "No link is open that makes the first of the provider's people.")
    return advice(
        "first-link",
        f"Whoever has the link that the last start printed can become the first of the provider's people, until "
        f"{until:%Y-%m-%d %H:%M} UTC.",
        "Open it, or add somebody: `doorward administrators add`.",
    )
