"""From words to a message that a mail server takes: headers, two alternatives, one Message-ID."""

from __future__ import annotations

from email.headerregistry import Address
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import translation

from doorward.kernel.text.cleaning import ascii_email
from doorward.notifications.mail import Mail

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.models import Event
    from doorward.customers.brand_look import BrandLook
    from doorward.notifications.models import Delivery
    from doorward.notifications.rendering import Rendered


def in_envelope(rendered: Rendered, brand: BrandLook, *, delivery: Delivery, event: Event) -> Mail:
    """Put a rendered message into its envelope: from the brand, to the delivery's mailbox."""
    sender, support = sender_of(brand), ascii_address(brand.support_email)
    mail = Mail(
        name=f"{event.at:%Y%m%dT%H%M%S.%fZ}-{delivery.id:08d}",
        subject=one_line(rendered.subject),
        body=rendered.text,
        from_email=str(Address(display_name=one_line(brand.name), addr_spec=sender)),
        to=[str(Address(addr_spec=ascii_address(delivery.address)))],
        reply_to=[support] if support not in {"", sender} else [],
        headers=headers_of(event.at, message_id(delivery, event, host=host_of(brand)))
        | {
            "X-Auto-Response-Suppress": "All",
            "Content-Language": translation.get_language() or settings.LANGUAGE_CODE,
        },
    )
    mail.attach_alternative(rendered.html, "text/html")
    return mail


def headers_of(at: datetime, id: str) -> dict[str, str]:
    """Return what every mail of ours has: no automatic reply should come back (RFC 3834)."""
    return {"Date": format_datetime(at), "Message-ID": id, "Auto-Submitted": "auto-generated"}


def message_id(delivery: Delivery, event: Event, *, host: str) -> str:
    """Return the Message-ID: the same however often a message is sent, another for each delivery."""
    return f"<{event.public_id.hex}.{delivery.id}@{host}>"


def sender_of(brand: BrandLook) -> str:
    """Return the bare address that a brand's mail comes from."""
    # Whatever language is spoken: who may send for a domain is written there once.
    chosen = (
        settings.DOORWARD.email_from,
        brand.email_from,
        brand.contact_for_all.support_email,
    )
    for candidate in chosen:
        bare = ascii_address(parseaddr(candidate)[1])
        if "@" in bare:
            return bare
    return f"no-reply@{host_of(brand)}"


def host_of(brand: BrandLook) -> str:
    """Return the host name of the brand's portal."""
    return urlsplit(brand.address("/")).hostname or "localhost"


def ascii_address(text: str) -> str:
    """Return an address whose domain is written as the name system has it."""
    return ascii_email(one_line(text))


def one_line(text: str) -> str:
    """Return a header's text without what could end its line, whatever a row says."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
