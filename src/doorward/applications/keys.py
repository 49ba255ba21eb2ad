"""The keys that tokens are signed with: made with the first application, changed by the worker, sealed at rest.

A new key stands in the key set for a day before it signs, and an old one for two days after: whoever keeps the set for
as long as its answer allows always has the key of a token that is still good. Only where somebody else has one, all
are replaced at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey, import_key

from doorward.applications import sealed
from doorward.applications.events import SIGNING_KEYS_REPLACED
from doorward.applications.models import Algorithm, SigningKey
from doorward.audit.record import record
from doorward.customers.rights import authorise
from doorward.kernel.clock_set_back import SKEW
from doorward.kernel.crypto import sealing
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from joserfc.jwk import Key

    from doorward.audit.actor import Actor

CHANGED_EVERY: Final = timedelta(days=90)
SHOWN_BEFORE: Final = timedelta(days=1)
KEPT_AFTER: Final = timedelta(days=2)
# How long whoever asked for the key set may go on with it.
CACHED_SECONDS: Final = 3600
_LOOKED_UP_EVERY: Final = timedelta(minutes=1)
_RSA_BITS: Final = 2048
_CURVE: Final = "P-256"


# What each process signs with, and since when.
_kept: dict[Algorithm, tuple[datetime, Signer]] = {}


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signs now."""

    row: SigningKey

    def sign(self, claims: Mapping[str, Any], *, typ: str) -> str:
        """Return a signed token (RFC 7519). `typ`: what kind it is."""
        row = self.row
        header = {"alg": row.algorithm, "kid": row.public["kid"], "typ": typ}
        key = _private(row.id, bytes(row.sealed))
        return jwt.encode(header, dict(claims), key, algorithms=[row.algorithm])


def signer(algorithm: str, *, now: datetime) -> Signer:
    """Return the key of an algorithm that signs now. It is looked up once a minute: it was shown long before."""
    kind = Algorithm(algorithm)
    kept = _kept.get(kind)
    if kept is None or not kept[0] <= now < kept[0] + _LOOKED_UP_EVERY:
        kept = _kept[kind] = (now, Signer(_signing(kind, now=now)))
    return kept[1]


def verify(token: str, *, typ: str) -> dict[str, Any]:
    """Return what one of our own tokens says, whether it is over or not. Raises joserfc's errors, `ValueError`.

    The algorithm is that of the key, whatever the token says of itself (RFC 8725, 3.1).
    """
    read = jwt.decode(
        token,
        KeySet.import_key_set({"keys": published()["keys"]}),
        algorithms=list(Algorithm.values),
    )
    if read.header.get("typ") != typ:
        raise ValueError("another type of token")
    return dict(read.claims)


def published() -> dict[str, Any]:
    """Return the key set (RFC 7517): what signs, what will, and what did a short time ago."""
    keys = SigningKey.objects.order_by("-signs_from", "id").values_list("public", flat=True)
    return {"keys": list(keys)}


def make_first(*, now: datetime) -> None:
    """Make what is missing, so that the key set has a key of each kind before one signs."""
    for algorithm in Algorithm:
        _signing(algorithm, now=now)


def change_due(*, now: datetime) -> int:
    """Make the next key where one has signed for long, and forget those that are over; return how many of both."""
    done = 0
    for algorithm in Algorithm:
        rows = SigningKey.objects.filter(algorithm=algorithm).order_by("-signs_from", "id")
        # One that is to sign later than any was made by a clock that was ahead: it is not waited for.
        newest = rows.filter(signs_from__lte=now + SHOWN_BEFORE + SKEW).first()
        if newest is not None and newest.signs_from <= now - CHANGED_EVERY:
            _make(algorithm, made_at=now, signs_from=now + SHOWN_BEFORE)
            done += 1
        settled = rows.filter(signs_from__lte=now - KEPT_AFTER).first()
        if settled is not None:
            over = rows.filter(signs_from__lt=settled.signs_from)
            done += SigningKey.objects.filter(
                id__in=list(over.values_list("id", flat=True))
            ).delete()[0]
    return done


def replace(*, actor: Actor, now: datetime) -> int:
    """Sign with new keys from now on, and take no token of the old ones, which somebody has; return how many are gone.

    Another process that has looked its key up signs with it for up to a minute: what it signs is worth nothing.
    """
    authorise(actor, Action.CHANGE_CLIENT_SECRETS)
    with transaction.atomic():
        authorise(actor, Action.CHANGE_CLIENT_SECRETS)
        gone, _each = SigningKey.objects.all().delete()
        for algorithm in Algorithm if gone else ():
            _make(algorithm, made_at=now, signs_from=now)
        if gone:
            record(SIGNING_KEYS_REPLACED, actor=actor)
    _kept.clear()
    return gone


def _signing(algorithm: Algorithm, *, now: datetime) -> SigningKey:
    rows = SigningKey.objects.filter(algorithm=algorithm, signs_from__lte=now)
    # Two that are made at the same moment are both good.
    return rows.order_by("-signs_from", "id").first() or _make(
        algorithm, made_at=now, signs_from=now
    )


def _make(algorithm: Algorithm, *, made_at: datetime, signs_from: datetime) -> SigningKey:
    key: Key = (
        ECKey.generate_key(_CURVE)
        if algorithm is Algorithm.ES256
        else RSAKey.generate_key(_RSA_BITS)
    )
    said = {"kid": key.thumbprint(), "use": "sig", "alg": algorithm.value}
    key_id = uuid4()
    private = json.dumps(key.as_dict(private=True) | said).encode()
    return SigningKey.objects.create(
        id=key_id,
        algorithm=algorithm,
        public=key.as_dict(private=False) | said,
        sealed=sealing.seal(private, **sealed.of_key(key_id)),
        made_at=made_at,
        signs_from=signs_from,
    )


@lru_cache(maxsize=8)
def _private(key_id: UUID, value: bytes) -> Key:
    """Return the private key of a row: reading one costs as much as signing with it."""
    return import_key(json.loads(sealing.open_sealed(value, **sealed.of_key(key_id))))
