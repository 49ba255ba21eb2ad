"""Mailed links: single use, 128 bits, made again from their row whenever a mail is rendered.

A token is the row's id and an HMAC over purpose, id and nonce, so that no token is ever stored. The nonce
is sealed: a new key for the ring is one for the links, too.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from doorward.accounts import sealed
from doorward.accounts.errors import (
    CustomerNotActive,
    LinkExpired,
    LinkInvalid,
    LinkReplaced,
    LinkUsed,
    WrongStatus,
)
from doorward.accounts.models import Administrator, LinkPurpose, MailedLink, Status
from doorward.customers import cached
from doorward.customers.models import CustomerStatus
from doorward.kernel.clock_set_back import SKEW, has_come
from doorward.kernel.crypto.sealing import SealBroken, keyed_hash, open_sealed, seal

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from uuid import UUID

# Whose link lives longer says it where it is made: `invitations`, `email_change`.
LIFETIME = timedelta(hours=1)
NOT_ME_LIFETIME = timedelta(days=7)
PATHS = {
    LinkPurpose.INVITATION: "/invitation/",
    LinkPurpose.RESET: "/password/reset/",
    LinkPurpose.EMAIL_NEW: "/e-mail/confirm/",
    LinkPurpose.EMAIL_OLD: "/e-mail/confirm/",
    LinkPurpose.NOT_ME: "/not-me/",
    LinkPurpose.SECOND_ADDRESS: "/second-address/confirm/",
    LinkPurpose.VETO: "/veto/",
    LinkPurpose.LOST: "/security/lost/device/",
    LinkPurpose.RESCUE: "/rescue/",
}
KEEP = timedelta(days=30)
# Whom a link is of use to, where it is not somebody active: a suspended person's e-mail can be changed, by a colleague.
_STATUSES = {
    LinkPurpose.INVITATION: {Status.INVITED},
    LinkPurpose.EMAIL_NEW: {Status.ACTIVE, Status.SUSPENDED},
    LinkPurpose.EMAIL_OLD: {Status.ACTIVE, Status.SUSPENDED},
}
# These end and undo things, and let nobody in: they do not wait for whoever suspended the owner, or their company.
OWN = frozenset({LinkPurpose.NOT_ME, LinkPurpose.VETO})
# Nobody can ask for another one of these: they outlive that the customer is suspended, or moved to another brand.
STAY = (*OWN, LinkPurpose.INVITATION)
_NONCE_BYTES = 16
_ID_BYTES = 16
_MAC_BYTES = 16


def make(  # noqa: PLR0913 - a link's row is this wide
    purpose: LinkPurpose,
    *,
    administrator_id: UUID,
    now: datetime,
    about: UUID | None = None,
    email: str = "",
    lifetime: timedelta = LIFETIME,
) -> MailedLink:
    """Insert a link, in the caller's transaction, and return it.

    Takes the person's row, and looks at it then: who was suspended since the caller looked has had all links
    revoked, and this one must not outlive that. Raises `CustomerNotActive`, and `WrongStatus` for other people for
    whom such a link would be good for nothing.
    """
    status, is_open = _standing(administrator_id)
    if not is_open:
        raise CustomerNotActive
    if status not in _statuses(purpose):
        raise WrongStatus
    link_id = uuid.uuid4()
    return MailedLink.objects.create(
        id=link_id,
        nonce=seal(secrets.token_bytes(_NONCE_BYTES), **sealed.of_link(link_id)),
        purpose=purpose,
        administrator_id=administrator_id,
        created_at=now,
        expires_at=now + lifetime,
        about=about,
        email=email,
    )


def path(link: MailedLink) -> str:
    """Return the address of a link within the portal. Secret: for the mail and the console alone."""
    token = base64.urlsafe_b64encode(link.id.bytes + _mac(link)).decode().rstrip("=")
    return f"{PATHS[LinkPurpose(link.purpose)]}{token}/"


def find(
    token: str, *, purposes: tuple[LinkPurpose, ...], now: datetime, host: str = ""
) -> MailedLink:
    """Return the usable link of a token, with its administrator; using it is `consume`'s.

    `host`: the name under which it was opened. At another brand's it is no link at all, and stays unused.
    Raises `LinkInvalid`, `LinkReplaced`, `LinkUsed` or `LinkExpired`.
    """
    link = known(token, purposes=purposes, host=host)
    refuse(link, now=now)
    return link


def known(token: str, *, purposes: tuple[LinkPurpose, ...], host: str = "") -> MailedLink:
    """Return the link of a token, whether it still works or not. Raises `LinkInvalid` where we never made it."""
    link = _ours(token, purposes=purposes)
    if not cached.answers(link.administrator.brand_id, host):
        raise LinkInvalid
    return link


def home_of(token: str, *, host: str) -> str:
    """Return the whole address of a link that was opened at another brand's host; empty: there is none.

    For *This was not me*, objections and invitations: the customer may have been moved since they were mailed, and
    nobody can ask for another one.
    """
    try:
        link = _ours(token, purposes=STAY)
    except LinkInvalid:
        return ""
    brand = link.administrator.brand_id
    return "" if cached.answers(brand, host) else cached.brand_of(brand).address(path(link))


def _ours(token: str, *, purposes: tuple[LinkPurpose, ...]) -> MailedLink:
    """Return the link of a token. Raises `LinkInvalid` where we never made it."""
    link_id, mac = _parts(token)
    link = (
        MailedLink.objects.select_related("administrator__customer__brand")
        .filter(id=link_id, purpose__in=purposes)
        .first()
    )
    if link is None or not _is_of(link, mac):
        raise LinkInvalid
    return link


def refuse(link: MailedLink, *, now: datetime) -> None:
    """Raise why a link does not work, if it does not: `LinkInvalid`, `LinkReplaced`, `LinkUsed` or `LinkExpired`.

    For a customer that is not active none works, but those that end and undo things. One that was revoked for a newer
    one is told by that: what the newer one says holds.
    """
    newest = link if link.revoked_at is None else newer_than(link)
    if newest is None or not _may_open(link):
        raise LinkInvalid
    if newest.used_at is not None:
        raise LinkUsed
    if newest.expires_at <= now or not has_come(newest.created_at, now=now):
        raise LinkExpired
    if newest is not link:
        raise LinkReplaced


def newer_than(link: MailedLink) -> MailedLink | None:
    """Return the link that a revoked one was revoked for; None: it was just taken back.

    Invitations alone are replaced: of all others one ends without another one that works in its place.
    """
    if link.purpose != LinkPurpose.INVITATION:
        return None
    rows = MailedLink.objects.filter(
        administrator_id=link.administrator_id,
        purpose=link.purpose,
        created_at__gte=link.created_at,
        revoked_at__isnull=True,
    )
    return rows.order_by("-created_at").first()


def consume(link: MailedLink, *, now: datetime) -> None:
    """Use a link up, in one statement; raises `LinkUsed` for whoever comes second.

    Takes the person's row first, as every change of a person does: two transactions that want both
    rows never wait for each other. Raises `LinkInvalid` where the person, or their customer, was suspended since the
    link was looked at.
    """
    purpose = LinkPurpose(link.purpose)
    undoes = purpose in OWN
    too = {Status.SUSPENDED} if undoes else set[Status]()
    status, is_open = _standing(link.administrator_id)
    if not (is_open or undoes) or status not in _statuses(purpose) | too:
        raise LinkInvalid
    usable = MailedLink.objects.filter(
        id=link.id,
        used_at__isnull=True,
        revoked_at__isnull=True,
        expires_at__gt=now,
        created_at__lte=now + SKEW,
    )
    if usable.update(used_at=now) != 1:
        raise LinkUsed


def revoke(
    administrator: Administrator | UUID, *, purposes: tuple[LinkPurpose, ...], now: datetime
) -> int:
    """Make a person's open links of these purposes useless; return how many there were."""
    administrator_id = (
        administrator.id if isinstance(administrator, Administrator) else administrator
    )
    return MailedLink.objects.filter(
        administrator_id=administrator_id,
        purpose__in=purposes,
        used_at__isnull=True,
        revoked_at__isnull=True,
    ).update(revoked_at=now)


def revoke_after_undoing(undone: MailedLink, *, now: datetime) -> None:
    """Make all open links of a person useless when a *This was not me* was used, but older ones of another mailbox.

    Who moved the account to a mailbox of theirs gets such links, too: none of them takes away what was mailed
    before to the mailbox that was the account's then. An objection stays as well: it only ends what is to end.
    """
    others = tuple(set(LinkPurpose) - OWN)
    revoke(undone.administrator_id, purposes=others, now=now)
    open_links = MailedLink.objects.filter(
        administrator_id=undone.administrator_id,
        purpose=LinkPurpose.NOT_ME,
        used_at__isnull=True,
        revoked_at__isnull=True,
    )
    older = open_links.filter(created_at__lt=undone.created_at).exclude(email=undone.email)
    open_links.exclude(id__in=list(older.values_list("id", flat=True))).update(revoked_at=now)


def forget(*, now: datetime) -> int:
    """Delete what expired long ago; who opens such a link is told that it does not work."""
    return MailedLink.objects.filter(expires_at__lt=now - KEEP).delete()[0]


def _standing(administrator_id: UUID) -> tuple[str, bool]:
    """Lock a person; return their status, and whether their customer is active."""
    people = Administrator.objects.everywhere().filter(id=administrator_id)
    people.select_for_update().values_list("id").get()
    # Asked apart, when the lock is held: what is read with it may be from before the wait for it.
    status, customer = people.values_list("status", "customer__status").get()
    return status, customer == CustomerStatus.ACTIVE


def _statuses(purpose: LinkPurpose) -> AbstractSet[Status]:
    """Return the statuses in which a link of this purpose is of use to somebody."""
    return _STATUSES.get(purpose, {Status.ACTIVE})


def _may_open(link: MailedLink) -> bool:
    """Return whether a link may be opened as its customer is now."""
    is_open = link.administrator.customer.status == CustomerStatus.ACTIVE
    return is_open or LinkPurpose(link.purpose) in OWN


def _is_of(link: MailedLink, mac: bytes) -> bool:
    try:
        return hmac.compare_digest(mac, _mac(link))
    except SealBroken:  # Its key left the ring: another link can be asked for.
        return False


def _mac(link: MailedLink) -> bytes:
    nonce = open_sealed(link.nonce, **sealed.of_link(link.id))
    message = link.purpose.encode() + b"\0" + link.id.bytes + nonce
    return keyed_hash("link", message)[:_MAC_BYTES]


def _parts(token: str) -> tuple[UUID, bytes]:
    try:
        plain = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise LinkInvalid from error
    if len(plain) != _ID_BYTES + _MAC_BYTES:
        raise LinkInvalid
    return uuid.UUID(bytes=plain[:_ID_BYTES]), plain[_ID_BYTES:]
