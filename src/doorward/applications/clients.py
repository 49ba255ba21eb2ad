"""Applications as the provider's people set them up: addresses, words, keys."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError, transaction
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from doorward.applications import keys, redirect_addresses, rules
from doorward.applications.errors import (
    ApplicationThere,
    KeysInvalid,
    RedirectInvalid,
    RedirectMissing,
    SecretsStay,
    SiteThere,
    TooManyAddresses,
)
from doorward.applications.events import (
    APPLICATION_ADDED,
    APPLICATION_CHANGED,
    APPLICATION_REMOVED,
)
from doorward.applications.models import Algorithm, Application, ClientType, Site, SubjectType
from doorward.audit.record import record
from doorward.customers import protection
from doorward.customers.models import Tab
from doorward.customers.rights import authorise
from doorward.gate.assurance import Assurance
from doorward.kernel.errors import ChoiceInvalid, NotFound
from doorward.kernel.field_checks import Checks
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import Actor
    from doorward.audit.record import Detail

LONGEST_KEYS: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationDetails:
    """What a form says of an application; texts as they were typed, an address in each line."""

    client_type: str = ClientType.CONFIDENTIAL.value
    subject_type: str = SubjectType.PAIRWISE.value
    algorithm: str = Algorithm.RS256.value
    redirect_uris: str = ""
    logout_uris: str = ""
    logout_channel: str = ""
    resources: str = ""
    scopes: frozenset[str] = frozenset(rules.FIRST_SCOPES)
    required_acr: str = ""
    while_managing: bool = False
    keys: str = ""


def add(tab_id: UUID, details: ApplicationDetails, *, actor: Actor, now: datetime) -> Application:
    """Let the application of a tab sign people in.

    Raises `NotFound`, `FieldsRefused`, `ApplicationThere`, `SiteThere`.
    """
    authorise(actor, Action.CHANGE_APPLICATION)
    columns = _clean(details)
    try:
        with transaction.atomic():
            tab = locked_tab(tab_id)
            authorise(actor, Action.CHANGE_APPLICATION)
            if Site.objects.filter(tab=tab).exists():
                raise SiteThere
            made = Application.objects.create(
                tab=tab, client_id=secrets.token_urlsafe(16), made_at=now, **columns
            )
            new = protection.changes_of(dict.fromkeys(columns, ""), columns)
            record(
                APPLICATION_ADDED,
                actor=actor,
                details=_named(made) | protection.details_of(new),
            )
    except IntegrityError as error:
        raise ApplicationThere from error
    # Beforehand, so that whoever reads the key set has the keys before one signs.
    keys.make_first(now=now)
    return made


def change(application_id: UUID, details: ApplicationDetails, *, actor: Actor) -> None:
    """Change an application; its client id stays. Raises `NotFound`, `FieldsRefused`."""
    authorise(actor, Action.CHANGE_APPLICATION)
    columns = _clean(details)
    with transaction.atomic():
        found = locked(application_id)
        # Once more: who waited for the lock may have lost the right.
        authorise(actor, Action.CHANGE_APPLICATION)
        if columns["client_type"] == ClientType.PUBLIC and found.secrets.exists():
            raise SecretsStay
        before = {name: getattr(found, name) for name in columns}
        changes = protection.changes_of(before, columns)
        if not changes:
            return
        Application.objects.filter(id=found.id).update(**columns)
        told = _named(found) | protection.details_of(changes)
        record(APPLICATION_CHANGED, actor=actor, details=told)


def remove(application_id: UUID, *, actor: Actor) -> None:
    """Remove an application and all that it was given; the tab stays a link. Raises `NotFound`."""
    authorise(actor, Action.CHANGE_APPLICATION)
    with transaction.atomic():
        found = locked(application_id)
        authorise(actor, Action.CHANGE_APPLICATION)
        named = _named(found)
        found.delete()
        record(APPLICATION_REMOVED, actor=actor, details=named)


def locked(application_id: UUID) -> Application:
    """Return an application with its row locked, in the caller's transaction, or raise `NotFound`."""
    rows = Application.objects.select_for_update(of=("self",)).select_related("tab")
    found: Application | None = rows.filter(id=application_id).first()
    if found is None:
        raise NotFound
    return found


def locked_tab(tab_id: UUID) -> Tab:
    """Return a tab with its row locked, in the caller's transaction: it has an application or a site, never both."""
    found: Tab | None = Tab.objects.select_for_update().filter(id=tab_id).first()
    if found is None:
        raise NotFound
    return found


def of_tab(tab_id: UUID) -> Application | None:
    """Return the application of a tab; None: it is a link."""
    return Application.objects.select_related("tab").filter(tab_id=tab_id).first()


def all_of_them() -> QuerySet[Application]:
    """Return all applications, by their tabs' keys."""
    return Application.objects.select_related("tab").order_by("tab__key")


def _named(application: Application) -> dict[str, Detail]:
    tab = application.tab
    return {"tab": tab.title, "key": tab.key, "client_id": application.client_id}


def _clean(details: ApplicationDetails) -> dict[str, object]:
    checks = Checks()
    public = details.client_type == ClientType.PUBLIC
    taken: dict[str, tuple[Callable[..., object], dict[str, object]]] = {
        "client_type": (_choice, {"among": ClientType.values}),
        "subject_type": (_choice, {"among": SubjectType.values}),
        "algorithm": (_choice, {"among": Algorithm.values}),
        "redirect_uris": (_redirects, {"public": public}),
        "logout_uris": (_addresses, {"public": public}),
        "logout_channel": (_channel, {}),
        "resources": (_addresses, {"public": False}),
        "scopes": (_scopes, {}),
        "required_acr": (_choice, {"among": ["", *Assurance]}),
        "keys": (_keys, {}),
    }
    columns: dict[str, object] = {
        name: checks.take(name, clean, getattr(details, name), **rest)
        for name, (clean, rest) in taken.items()
    }
    checks.done()
    return columns | {"while_managing": details.while_managing}


def _choice(text: str, *, among: Iterable[str]) -> str:
    if text not in {str(one) for one in among}:
        raise ChoiceInvalid
    return text


def _scopes(names: frozenset[str]) -> list[str]:
    wanted = {"openid", *names}
    if not wanted <= set(rules.SCOPES):
        raise ChoiceInvalid
    return [name for name in rules.SCOPES if name in wanted]


def _channel(text: str) -> str:
    address = text.strip()
    if address and not rules.is_web_address(address):
        raise RedirectInvalid(field="logout_channel")
    return address


def _redirects(text: str, *, public: bool) -> list[str]:
    found = _addresses(text, public=public)
    if not found:
        raise RedirectMissing
    return found


def _addresses(text: str, *, public: bool) -> list[str]:
    found = list(dict.fromkeys(filter(None, map(str.strip, text.splitlines()))))
    if len(found) > rules.MOST_ADDRESSES:
        raise TooManyAddresses(rules.MOST_ADDRESSES)
    if not all(redirect_addresses.is_redirect(one, public=public) for one in found):
        raise RedirectInvalid
    return found


def _keys(text: str) -> list[object]:
    if not text.strip():
        return []
    try:
        given = json.loads(text[:LONGEST_KEYS])
    except (ValueError, RecursionError) as error:
        raise KeysInvalid from error
    keys = given.get("keys") if isinstance(given, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= rules.MOST_KEYS:
        raise KeysInvalid
    if not all(map(rules.is_public_key, keys)) or not all(map(_can_be_read, keys)):
        raise KeysInvalid
    return keys


def _can_be_read(key: Any) -> bool:  # noqa: ANN401 - whatever was pasted
    try:
        import_key(key)
    except (JoseError, ValueError, TypeError, KeyError):
        return False
    return True
