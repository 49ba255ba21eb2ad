"""Passkeys for tests: made and used through the real services and the real pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from doorward.administrators import sessions
from doorward.audit.origin import Origin
from doorward.core.passkey_options import Party, User, for_creation
from doorward.core.passkeys import Expected, check_registration, read_answer
from doorward.mfa import passkey_proving, passkey_set_up, passkey_sign_in, passkeys
from doorward.mfa.challenges import Purpose
from doorward.mfa.facts import load
from doorward.mfa.passkey_set_up import write_passkey
from tests import support
from tests.softkey import SoftKey

if TYPE_CHECKING:
    from django.test import Client

    from doorward.administrators.models import Administrator
    from doorward.administrators.sessions import Started
    from doorward.audit.events import Kind
    from doorward.audit.origin import By
    from doorward.mfa.facts import Loaded

ORIGIN = settings.DOORWARD.origin
PARTY = Party(id="localhost", origin=ORIGIN, name="Northwind Telecom")
BROWSER = "b" * 43
WHERE = Origin(address="192.0.2.10", browser=support.CHROME)


def add(person: Administrator, key: SoftKey | None = None, *, name: str = "Laptop") -> SoftKey:
    """Give a person a passkey on a device (a new one), as if they had registered it before."""
    key = key or SoftKey()
    challenge = bytes(32)
    user = User(passkeys.handle_of(person.id), person.email, person.full_name)
    options = for_creation(challenge=challenge, party=PARTY, user=user, exclude=())
    new = check_registration(
        read_answer(key.create(options, ORIGIN)), Expected(challenge, ORIGIN, PARTY.id)
    )
    write_passkey(person.id, new, name=name, party=PARTY, now=timezone.now())
    return key


def begin(person: Administrator, **columns: Any) -> Loaded:
    """Give the session of somebody whose password was right."""
    now = timezone.now()
    columns = {"password_at": now} | columns
    return reload(sessions.begin(person, by=support.by(person), now=now, **columns))


def reload(started: Started) -> Loaded:
    loaded = load(started.token)
    assert loaded is not None
    return loaded


def asked(loaded: Loaded, purpose: Purpose = Purpose.SECOND_STEP) -> dict[str, Any]:
    """Give the options that a page of this session asks with."""
    return passkey_proving.begin(loaded=loaded, purpose=purpose, party=PARTY, now=timezone.now())


def send_second_step(loaded: Loaded, answer: str, by: By | None = None) -> Started:
    """Give an answer at the second step."""
    return passkey_proving.prove_second_step(
        loaded=loaded,
        answer=answer,
        party=PARTY,
        completes=False,
        by=by or loaded.by(support.by(support.again_by_id(loaded.person.id)).origin),
        now=timezone.now(),
    )


def prove_second_step(loaded: Loaded, key: SoftKey, by: By | None = None, **given: Any) -> Started:
    """Ask and answer, as told to, at the second step."""
    return send_second_step(loaded, key.get(asked(loaded), ORIGIN, **given), by)


def asked_to_make(loaded: Loaded) -> dict[str, Any]:
    """Give the options to make a passkey in this session."""
    return passkey_set_up.begin(loaded=loaded, party=PARTY, now=timezone.now())


def send_registration(loaded: Loaded, answer: str) -> Started:
    """Give a new passkey's answer."""
    by, now = loaded.by(WHERE), timezone.now()
    return passkey_set_up.confirm(loaded=loaded, answer=answer, party=PARTY, by=by, now=now)


def register(loaded: Loaded, key: SoftKey, **given: Any) -> Started:
    """Make a passkey, as told to."""
    return send_registration(loaded, key.create(asked_to_make(loaded), ORIGIN, **given))


def asked_alone(browser: str = BROWSER) -> dict[str, Any]:
    """Give the options of the sign-in page, where nobody is named yet."""
    return passkey_sign_in.begin(browser_token=browser, party=PARTY, now=timezone.now())


def send_alone(answer: str, *, browser: str = BROWSER) -> Started:
    """Sign in with an answer in place of the password."""
    return passkey_sign_in.sign_in(
        answer=answer,
        party=PARTY,
        browser_token=browser,
        next_path="/activity/",
        completes=lambda _loaded: False,
        origin=WHERE,
        now=timezone.now(),
    )


def sign_in_alone(key: SoftKey, *, browser: str = BROWSER, **given: Any) -> Started:
    """Sign in with a passkey in place of the password, as told to."""
    return send_alone(key.get(asked_alone(browser), ORIGIN, **given), browser=browser)


def reasons(kind: Kind) -> list[str]:
    """Give why something was refused, oldest first."""
    return [event.details["reason"] for event in support.events(kind)]


# --- over the pages -------------------------------------------------------------------------------


def options(client: Client, path: str) -> dict[str, Any]:
    """Ask a page for its options."""
    answer = client.post(path)
    assert answer.status_code == 200, answer.content.decode()
    found: dict[str, Any] = json.loads(answer.content)
    return found


def sign_in(client: Client, key: SoftKey, **given: Any) -> Any:
    """Sign in with a passkey alone."""
    asked_for = options(client, "/sign-in/passkey/")
    answer = key.get(asked_for, ORIGIN, **given)
    return client.post("/sign-in/", {"credential": answer, "next": ""})
