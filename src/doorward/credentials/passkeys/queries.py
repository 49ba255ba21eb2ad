"""Passkeys as rows: finding them, naming them to the browser, and writing down that one was used."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Value
from django.db.models.functions import Greatest

from doorward.audit.record import record
from doorward.credentials import owner
from doorward.credentials.errors import FactorDisabled
from doorward.credentials.events import PASSKEY_COUNTER
from doorward.credentials.models import USABLE, Factor, Passkey, UserHandle
from doorward.credentials.passkeys.options import Described
from doorward.credentials.passkeys.rules import Known, went_back
from doorward.kernel.ratelimit import throttle
from doorward.policy.rules import FactorKind

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.accounts.account import Account
    from doorward.audit.actor import Actor
    from doorward.credentials.passkeys.options import Party
    from doorward.credentials.passkeys.rules import Asserted
    from doorward.sessions.context import AuthContext
    from doorward.sessions.issuing import Before

HANDLE_BYTES = 64


def handle_of(administrator_id: UUID) -> bytes:
    """Return a person's user handle; it is made once and stays, whatever becomes of their passkeys."""
    row, _ = UserHandle.objects.get_or_create(
        administrator_id=administrator_id,
        defaults={"handle": secrets.token_bytes(HANDLE_BYTES)},
    )
    return bytes(row.handle)


def is_of_ours(handle: bytes | None) -> bool:
    """Return whether a user handle is somebody's here: a passkey of another portal on this host name says another."""
    return handle is not None and UserHandle.objects.filter(handle=handle).exists()


def described(auth: AuthContext, party: Party, *, usable: bool = False) -> list[Described]:
    """Name a person's passkeys of this relying party; `usable`: not those that were disabled."""
    ids = [
        row.id
        for row in auth.factors
        if row.kind is FactorKind.PASSKEY and (row.usable or not usable)
    ]
    rows = Passkey.objects.filter(factor_id__in=ids, rp_id=party.id)
    found = rows.order_by("factor__confirmed_at").values_list("credential_id", "transports")
    return [Described(bytes(id), tuple(transports.split())) for id, transports in found]


@dataclass(frozen=True, slots=True)
class Stored:
    """A passkey with its factor and its owner."""

    factor_id: UUID
    name: str
    sign_count: int
    user_verified: bool
    backed_up: bool
    known: Known
    owner: Account
    # A sign-in of the owner with a browser, where one was named.
    before: Before


def find(credential_id: bytes, party: Party, *, browser_hash: bytes = b"") -> Stored | None:
    """Return the passkey of an id at this relying party, in one query; None: nobody has it."""
    found = owner.of_passkey(credential_id, rp_id=party.id, browser_hash=browser_hash)
    if found is None:
        return None
    row = found.more
    return Stored(
        factor_id=row["factor_id"],
        name=row["name"],
        sign_count=row["sign_count"],
        user_verified=row["user_verified"],
        backed_up=row["backed_up"],
        known=Known(
            credential_id=credential_id,
            public_key=bytes(row["public_key"]),
            user_handle=bytes(row["user_handle"]),
            backup_eligible=row["backup_eligible"],
        ),
        owner=found.account,
        before=found.before,
    )


def write_used(  # noqa: PLR0913 - what was shown, and how it came
    passkey: Stored,
    shown: Asserted,
    *,
    known_browser: bool,
    verifies: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Write down a right assertion, in the caller's transaction; return the counted try back.

    `verifies`: it came beside another proof, so that its user verification is believed from now on
    (7.2, step 24). A counter that went back is an alarm, no refusal: authenticators count wrongly,
    and whoever has a copy is told of. Raises `FactorDisabled` where it was disabled or removed meanwhile.
    """
    usable = Factor.objects.filter(USABLE, id=passkey.factor_id)
    if usable.update(last_used_at=now, **throttle.cleared(known=known_browser)) != 1:
        raise FactorDisabled
    verified = passkey.user_verified or (verifies and shown.user_verified)
    # Most passkeys are on several devices, and do not count: of theirs there is nothing new.
    known = (passkey.backed_up, passkey.user_verified)
    if shown.sign_count > passkey.sign_count or (shown.backed_up, verified) != known:
        Passkey.objects.filter(factor_id=passkey.factor_id).update(
            # Of two at once the higher count stays.
            sign_count=Greatest("sign_count", Value(shown.sign_count)),
            backed_up=shown.backed_up,
            user_verified=verified,
        )
    if went_back(stored=passkey.sign_count, shown=shown.sign_count):
        record(PASSKEY_COUNTER, actor=actor, typed={"factor": passkey.name})
