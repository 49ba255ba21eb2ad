"""Whether mail arrives: where it goes, from whom it is, and whether a first factor wants the mailbox proved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.customers.models import Brand
from doorward.operations.checks.finding import Finding, advice, fine, unfit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.environment.fields import Environment


def look(environment: Environment) -> Iterator[Finding]:
    """Return the findings; the database must answer. What receivers see of a brand's mail: `brand/`."""
    yield _mail(environment)
    yield _sender(environment)
    yield _mailbox_proof(environment)


def _mail(environment: Environment) -> Finding:
    server = environment.mail_server
    if server.kind == "file":
        return unfit(
            "mail",
            f"Mail is written into files in {server.folder}: no invitation, code or warning arrives.",
            "Set DOORWARD_EMAIL_URL=smtp://user:password@host:587.",
        )
    how = {"tls": "by TLS", "starttls": "by STARTTLS", "none": "on this machine"}
    return fine("mail", f"Mail goes to {server.host}:{server.port} {how[server.security]}.")


def _sender(environment: Environment) -> Finding:
    nameless = Brand.objects.filter(email_from="", support_email="").order_by("name")
    names = ", ".join(nameless.values_list("name", flat=True))
    if environment.email_from or not names:
        return fine("sender", "Mail has a sender that can be answered.")
    return advice(
        "sender",
        f"Mail of {names} comes from no-reply at the portal's host, which other servers may refuse.",
        "Set DOORWARD_EMAIL_FROM, or the brand's support address.",
    )


def _mailbox_proof(environment: Environment) -> Finding:
    if environment.mailbox_proof:
        return fine("mailbox-proof", "A first factor that is due wants the mailbox proved before.")
    return advice(
        "mailbox-proof",
        "Somebody who has only stolen a password can set up the first factor of an administrator who needs one.",
        "Remove DOORWARD_MAILBOX_PROOF, or set it to true.",
    )
