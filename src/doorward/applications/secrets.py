"""The secrets of applications: shown once, kept as keyed hashes, two at a time while one is changed for the other."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from django.db import IntegrityError, transaction

from doorward.applications import clients, rules
from doorward.applications.errors import NoSecretNeeded, SecretMade, TooManySecrets
from doorward.applications.events import CLIENT_SECRET_MADE, CLIENT_SECRET_REMOVED
from doorward.applications.models import ClientSecret, ClientType
from doorward.applications.sealed import of_secret
from doorward.audit.record import record
from doorward.customers.rights import authorise
from doorward.kernel.clock_set_back import lasts
from doorward.kernel.crypto.sealing import SealBroken, keyed_hash, open_sealed, seal
from doorward.kernel.db.one_row import one_or_none
from doorward.kernel.errors import AlreadyRemoved, NotFound
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.applications.models import Application
    from doorward.audit.actor import Actor
    from doorward.audit.record import Detail


# An application asks for tokens many times a minute.
NOTED_EVERY: Final = timedelta(minutes=5)
# From the button to the page after it.
UNSEEN_LASTS: Final = timedelta(minutes=5)


def make(application_id: UUID, *, actor: Actor, now: datetime) -> str:
    """Return a new secret of an application (256 random bits), which is never shown again.

    Raises `NotFound`, `NoSecretNeeded`, `TooManySecrets`.
    """
    authorise(actor, Action.CHANGE_CLIENT_SECRETS)
    return _make(application_id, uuid4(), actor=actor, now=now)


def make_to_show(application_id: UUID, secret_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Make a secret with an id that a form chose, so that one form makes one; `show` tells it.

    Raises `SecretMade` for the same form once more, and what `make` raises.
    """
    authorise(actor, Action.CHANGE_CLIENT_SECRETS)
    try:
        with transaction.atomic():
            # Who waits for the first of two clicks finds what that one made.
            clients.locked(application_id)
            if ClientSecret.objects.filter(id=secret_id).exists():
                raise SecretMade
            secret = _make(application_id, secret_id, actor=actor, now=now)
            sealed = seal(secret.encode(), **of_secret(secret_id))
            kept = {"unseen": sealed, "made_by_session": actor.session_id}
            ClientSecret.objects.filter(id=secret_id).update(**kept)
    except IntegrityError as error:
        raise SecretMade from error


def show(application_id: UUID, secret_id: UUID, *, actor: Actor, now: datetime) -> str:
    """Return a secret that was just made, once, to the session that made it. Raises `NotFound`, `SecretMade`."""
    authorise(actor, Action.CHANGE_CLIENT_SECRETS)
    rows = ClientSecret.objects.filter(application_id=application_id, id=secret_id)
    found = one_or_none(rows)
    if found is None:
        raise NotFound
    mine = actor.session_id is not None and found.made_by_session == actor.session_id
    if found.unseen is None or not mine or not lasts(found.made_at, UNSEEN_LASTS, now=now):
        raise SecretMade
    if rows.filter(unseen__isnull=False).update(unseen=None) != 1:
        raise SecretMade
    try:
        return open_sealed(bytes(found.unseen), **of_secret(secret_id)).decode()
    except SealBroken as error:
        raise SecretMade from error


def forget_unseen(*, now: datetime) -> int:
    """Forget secrets that nobody came to see; return their number. Who has them in the application goes on."""
    old = ClientSecret.objects.filter(unseen__isnull=False, made_at__lt=now - UNSEEN_LASTS)
    return old.update(unseen=None)


def _make(application_id: UUID, secret_id: UUID, *, actor: Actor, now: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        application = clients.locked(application_id)
        authorise(actor, Action.CHANGE_CLIENT_SECRETS)
        if application.client_type == ClientType.PUBLIC:
            raise NoSecretNeeded
        if application.secrets.count() >= rules.MOST_SECRETS:
            raise TooManySecrets
        application.secrets.create(id=secret_id, keyed_hash=hashed(secret), made_at=now)
        record(CLIENT_SECRET_MADE, actor=actor, details=_named(application))
    return secret


def remove(application_id: UUID, secret_id: UUID, *, actor: Actor) -> None:
    """Remove a secret: from now on it opens nothing.

    Raises `AlreadyRemoved`, and `NotFound` of another application's.
    """
    authorise(actor, Action.CHANGE_CLIENT_SECRETS)
    with transaction.atomic():
        application = clients.locked(application_id)
        authorise(actor, Action.CHANGE_CLIENT_SECRETS)
        one = ClientSecret.objects.filter(id=secret_id)
        if not one.filter(application=application).delete()[0]:
            raise NotFound if one.exists() else AlreadyRemoved
        record(CLIENT_SECRET_REMOVED, actor=actor, details=_named(application))


def verify(application: Application, secret: str, *, now: datetime) -> bool:
    """Return whether it is a secret of this application, and write down that it was used."""
    rows = ClientSecret.objects.filter(application=application, keyed_hash=hashed(secret))
    found = one_or_none(rows)
    if found is None:
        return False
    if found.used_at is None or now - found.used_at > NOTED_EVERY:
        rows.update(used_at=now)
    return True


def hashed(secret: str) -> bytes:
    """Return what is kept of a secret: of 256 random bits a keyed hash tells nothing, however fast it is made."""
    return keyed_hash("client-secret", secret)


def _named(application: Application) -> dict[str, Detail]:
    return {
        "tab": application.tab.title,
        "key": application.tab.key,
        "client_id": application.client_id,
    }
