"""Passkeys for tests: made and used through the real services and the real pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from doorward.audit.actor import ClientInfo
from doorward.credentials.passkeys import enrol, queries, verify
from doorward.credentials.passkeys.answers import Expected, read_answer
from doorward.credentials.passkeys.challenges import Purpose
from doorward.credentials.passkeys.enrol import write_passkey
from doorward.credentials.passkeys.options import Party, User, for_creation
from doorward.credentials.passkeys.rules import check_registration
from doorward.credentials.passkeys.verify import Given
from doorward.gate.loading import load
from doorward.sessions import issuing
from doorward.signin import passkey, second_step
from tests.kit import people
from tests.kit.softkey import SoftKey

if TYPE_CHECKING:
    from django.test import Client

    from doorward.accounts.models import Administrator
    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType
    from doorward.sessions.context import AuthContext
    from doorward.sessions.issuing import Started

ORIGIN = settings.DOORWARD.origin
PARTY = Party(id="localhost", origin=ORIGIN, name="Northwind Telecom")
BROWSER = "b" * 43
WHERE = ClientInfo(address="192.0.2.10", browser=people.CHROME)


def add(person: Administrator, key: SoftKey | None = None, *, name: str = "Laptop") -> SoftKey:
    """Return a person a passkey on a device (a new one), as if they had registered it before."""
    key = key or SoftKey()
    challenge = bytes(32)
    user = User(queries.handle_of(person.id), person.email, person.full_name)
    options = for_creation(challenge=challenge, party=PARTY, user=user, exclude=())
    new = check_registration(
        read_answer(key.create(options, ORIGIN)), Expected(challenge, ORIGIN, PARTY.id)
    )
    write_passkey(person.id, new, name=name, party=PARTY, now=timezone.now())
    return key


def begin(person: Administrator, **columns: Any) -> AuthContext:
    """Return the session of somebody whose password was right."""
    now = timezone.now()
    columns = {"password_at": now} | columns
    return reload(issuing.begin(person, actor=people.actor(person), now=now, **columns))


def reload(started: Started) -> AuthContext:
    auth = load(started.token, now=timezone.now())
    assert auth is not None
    return auth


def asked(auth: AuthContext, purpose: Purpose = Purpose.SECOND_STEP) -> dict[str, Any]:
    """Return the options that a page of this session asks with."""
    return verify.begin(auth=auth, purpose=purpose, party=PARTY, now=timezone.now())


def send_second_step(auth: AuthContext, answer: str, actor: Actor | None = None) -> Started:
    """Return an answer at the second step."""
    return second_step.verify_passkey(
        auth=auth,
        given=Given(answer, Purpose.SECOND_STEP, PARTY),
        actor=actor or auth.actor(people.actor(people.again_by_id(auth.person.id)).client),
        now=timezone.now(),
    )


def verify_second_step(
    auth: AuthContext, key: SoftKey, actor: Actor | None = None, **given: Any
) -> Started:
    """Ask and answer, as told to, at the second step."""
    return send_second_step(auth, key.get(asked(auth), ORIGIN, **given), actor)


def asked_to_make(auth: AuthContext) -> dict[str, Any]:
    """Return the options to make a passkey in this session."""
    return enrol.begin(auth=auth, party=PARTY, now=timezone.now())


def send_registration(auth: AuthContext, answer: str) -> Started:
    """Return a new passkey's answer."""
    actor, now = auth.actor(WHERE), timezone.now()
    return enrol.confirm(auth=auth, answer=answer, party=PARTY, actor=actor, now=now)


def register(auth: AuthContext, key: SoftKey, **given: Any) -> Started:
    """Make a passkey, as told to."""
    return send_registration(auth, key.create(asked_to_make(auth), ORIGIN, **given))


def asked_alone(browser: str = BROWSER) -> dict[str, Any]:
    """Return the options of the sign-in page, where nobody is named yet."""
    return passkey.begin(browser_token=browser, party=PARTY, now=timezone.now())


def send_alone(answer: str, *, browser: str = BROWSER) -> Started:
    """Sign in with an answer in place of the password."""
    return passkey.sign_in(
        answer=answer,
        party=PARTY,
        browser_token=browser,
        next_path="/activity/",
        client=WHERE,
        now=timezone.now(),
    )


def sign_in_alone(key: SoftKey, *, browser: str = BROWSER, **given: Any) -> Started:
    """Sign in with a passkey in place of the password, as told to."""
    return send_alone(key.get(asked_alone(browser), ORIGIN, **given), browser=browser)


def reasons(event_type: EventType) -> list[str]:
    """Return why something was refused, oldest first."""
    return [event.details["reason"] for event in people.events(event_type)]


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
