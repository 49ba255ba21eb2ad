"""What is deleted when a person is removed, and what ends for whoever is suspended; the erasing of them comes later.

They are erased by `notifications/erasing.py`, once nobody can want them back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doorward.accounts import exceptions, mailed_links
from doorward.accounts.models import Administrator, EmailChange, LinkPurpose, Status
from doorward.sessions import ending

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

_ALL_LINKS: Final = tuple(LinkPurpose)
# *This was not me* and an objection are the owner's own: who takes the rest away may be mistaken, or be the thief.
_LINKS_OF_SUSPENDED: Final = tuple(set(LinkPurpose) - mailed_links.OWN)


def removed_columns(person_id: UUID) -> dict[str, object]:
    """Return the columns of somebody removed: no password, no rights, and the e-mail free again.

    They can be added again, at this or another customer, with the same e-mail.
    """
    return {
        "status": Status.REMOVED,
        # In capitals, which no e-mail that somebody types is folded to.
        "email_folded": f"REMOVED:{person_id}",
        "tabs": "",
        "password": "!",
        "require_2fa": False,
    }


def end_access(person: Administrator, *, for_good: bool, now: datetime) -> None:
    """End sessions, mailed links and changes of e-mail in the caller's transaction; `for_good`: an exception, too."""
    ending.end_others(administrator_id=person.id, keep=None, now=now)
    end_links(person, for_good=for_good, now=now)
    open_changes = EmailChange.objects.filter(administrator=person, closed_at__isnull=True)
    open_changes.update(closed_at=now)


def end_links(person: Administrator, *, for_good: bool, now: datetime) -> None:
    """End what was mailed to somebody, and what was made for them alone."""
    if for_good:
        exceptions.close(person.id, now=now)
    mailed_links.revoke(person, purposes=_ALL_LINKS if for_good else _LINKS_OF_SUSPENDED, now=now)
