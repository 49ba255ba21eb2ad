"""Passkeys as rows: finding them, naming them to the browser, and writing down that one was used."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db.models import Value
from django.db.models.functions import Greatest

from doorward.audit.events import Kind
from doorward.audit.services import record
from doorward.core import errors
from doorward.core.passkey_options import Described
from doorward.core.passkeys import Known, went_back
from doorward.core.steps import FactorKind
from doorward.mfa.models import Factor, Passkey, UserHandle
from doorward.safe import throttle

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.origin import By
    from doorward.core.passkey_options import Party
    from doorward.core.passkeys import Asserted
    from doorward.mfa.facts import Loaded

HANDLE_BYTES = 64


def handle_of(administrator_id: UUID) -> bytes:
    """Give a person's user handle; it is made once and stays, whatever becomes of their passkeys."""
    row, _ = UserHandle.objects.get_or_create(
        administrator_id=administrator_id,
        defaults={"handle": secrets.token_bytes(HANDLE_BYTES)},
    )
    return bytes(row.handle)


def described(loaded: Loaded, party: Party, *, usable: bool = False) -> list[Described]:
    """Name a person's passkeys of this relying party; `usable`: not those that were disabled."""
    ids = [
        row.id
        for row in loaded.factors
        if row.kind is FactorKind.PASSKEY and not (usable and row.locked)
    ]
    rows = Passkey.objects.filter(factor_id__in=ids, rp_id=party.id)
    found = rows.order_by("factor__confirmed_at").values_list("credential_id", "transports")
    return [Described(bytes(id), tuple(transports.split())) for id, transports in found]


def find(credential_id: bytes, party: Party) -> Passkey | None:
    """Give the passkey of an id, with its factor, its person and their customer."""
    rows = Passkey.objects.select_related(
        "factor__administrator__customer", "factor__administrator__user_handle"
    )
    return rows.filter(credential_id=credential_id, rp_id=party.id).first()


def known(passkey: Passkey) -> Known:
    """Give what an assertion is held against."""
    return Known(
        credential_id=bytes(passkey.credential_id),
        public_key=bytes(passkey.public_key),
        user_handle=bytes(passkey.factor.administrator.user_handle.handle),
        backup_eligible=passkey.backup_eligible,
    )


def write_used(  # noqa: PLR0913 - what was shown, and how it came
    passkey: Passkey, shown: Asserted, *, known_browser: bool, verifies: bool, by: By, now: datetime
) -> None:
    """Write down a right assertion, in the caller's transaction; give the counted try back.

    `verifies`: it came beside another proof, so that its user verification is believed from now on
    (7.2, step 24). A counter that went back is an alarm, no refusal: authenticators count wrongly,
    and whoever has a copy is told of. Raises `FactorDisabled` where it was disabled or removed meanwhile.
    """
    rows = Factor.objects.filter(id=passkey.factor_id, locked_at__isnull=True)
    if rows.update(last_used_at=now, **throttle.cleared(known=known_browser)) != 1:
        raise errors.FactorDisabled
    Passkey.objects.filter(factor_id=passkey.factor_id).update(
        # Of two at once the higher count stays.
        sign_count=Greatest("sign_count", Value(shown.sign_count)),
        backed_up=shown.backed_up,
        user_verified=passkey.user_verified or (verifies and shown.user_verified),
    )
    if went_back(stored=passkey.sign_count, shown=shown.sign_count):
        record(Kind.PASSKEY_COUNTER, by=by, details={"factor": passkey.factor.name})
