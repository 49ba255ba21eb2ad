"""The newest head of sealed history, kept where who can write to the database cannot: in a file, in a mailbox.

Who has such an anchor finds a history that was cut off at its end, or made again as a whole.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from doorward.audit import chain, sealing
from doorward.audit.models import Batch
from doorward.customers import cached
from doorward.kernel import atomic_files
from doorward.notifications.envelope import ascii_address, headers_of, host_of, one_line, sender_of
from doorward.notifications.mail import Mail, NotSent, open_mail

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

MAILED_EVERY: Final = timedelta(days=1)
_TAIL_BYTES: Final = 4096


def line_of(batch: Batch) -> str:
    """Return the line that anchors a batch: when it was sealed, its number and its head."""
    return f"{chain.timestamp(batch.sealed_at)[:19]}Z {batch.anchor}"


def write(*, now: datetime) -> int:
    """Add the newest head to the file that the settings name; return 0 where it is there already."""
    del now  # what is due depends on what was sealed
    file = settings.DOORWARD.anchor_file
    batch = sealing.newest() if file.name else None
    if batch is None or line_of(batch) in _tail(file):
        return 0
    atomic_files.add_line(file, line_of(batch))
    return 1


def mail(*, now: datetime) -> int:
    """Send the newest head to the mailbox that the settings name, once a day; return how many were sent."""
    recipient = settings.DOORWARD.anchor_email
    batch = sealing.newest() if recipient else None
    if batch is None:
        return 0
    if Batch.objects.filter(mailed_at__gt=now - MAILED_EVERY).exists():
        return 0
    newest = Batch.objects.filter(number=batch.number)
    # Claimed first: of two workers one sends it.
    if newest.filter(mailed_at__isnull=True).update(mailed_at=now) != 1:
        return 0
    try:
        with open_mail() as send:
            send(_letter(batch, recipient, now=now))
    except NotSent:
        newest.update(mailed_at=None)
        raise
    return 1


def _letter(batch: Batch, recipient: str, *, now: datetime) -> Mail:
    brand = cached.brand_for_host("")
    with translation.override(settings.LANGUAGE_CODE):
        title = _("History of %(brand)s: batch %(number)s")
        why = _(
            "This is the newest head of the portal's history. Keep this mail: it lets you "
            "detect a history that was cut off or rewritten."
        )
    command = f"doorward history verify --against {batch.anchor}"
    return Mail(
        name=f"{now:%Y%m%dT%H%M%S.%fZ}-history-{batch.number}",
        subject=one_line(title % {"brand": brand.name, "number": batch.number}),
        body=f"{why}\n\n{line_of(batch)}\n\n{command}\n",
        from_email=sender_of(brand),
        to=[ascii_address(recipient)],
        headers=headers_of(now, f"<history.{batch.number}@{host_of(brand)}>"),
    )


def _tail(file: Path) -> str:
    """Return the end of the file; nothing where it is not there yet."""
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - _TAIL_BYTES))
            return opened.read().decode("ascii", errors="replace")
    except FileNotFoundError:
        return ""
