"""Browsers for tests in which somebody is signed in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.test import Client
from django.utils import timezone

from doorward.audit.actor import by_session
from doorward.credentials.models import Factor
from doorward.sessions import issuing
from doorward.sessions.models import Session
from tests.kit.codes import next_code
from tests.kit.people import CHROME, PASSWORD, actor

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator
    from doorward.audit.actor import Actor


def sign_in(client: Client, person: Administrator, password: str = PASSWORD) -> Client:
    """Sign in over the real pages, with a code where the person has an app."""
    answer = client.post("/sign-in/", {"email": person.email, "password": password})
    assert answer.status_code == 303, answer.content.decode()
    if Factor.objects.filter(administrator=person).exists():
        answer = client.post("/sign-in/code/", {"code": next_code(person)})
        assert answer.status_code == 303, answer.content.decode()
    return client


def browser_of(person: Administrator, password: str = PASSWORD) -> Client:
    """Return a new browser in which this person is signed in."""
    return sign_in(Client(HTTP_USER_AGENT=CHROME), person, password)


def age_proofs(person: Administrator, *, hours: int = 3) -> None:
    """Set back what was verified in this person's sessions, as if they had been in use for so long."""
    moments = ("password_at", "passkey_at", "factor_at", "recovery_at", "mailbox_at")
    for session in Session.objects.filter(administrator=person):
        for name in moments:
            if proved_at := getattr(session, name):
                setattr(session, name, proved_at - timedelta(hours=hours))
        session.save(update_fields=moments)


def browser_signed_in_by_service(person: Administrator) -> Client:
    """Return a browser of somebody whose password was right, without any page of the portal."""
    now = timezone.now()
    started = issuing.begin(person, actor=actor(person), now=now, password_at=now)
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = started.token
    return client


def acting_in_a_session(person: Administrator) -> Actor:
    """Return a person as the one who acts, in a session of theirs that is open."""
    now, who = timezone.now(), actor(person)
    started = issuing.begin(person, actor=who, now=now, password_at=now)
    return replace(who, credential=by_session(started.session_id))


def acting_with_factor(person: Administrator) -> Actor:
    """Return a person as the one who acts, in a session in which their password and app were verified."""
    now, who = timezone.now(), actor(person)
    factor = Factor.objects.filter(administrator=person)[0]
    started = issuing.begin(
        person, actor=who, now=now, password_at=now, factor_at=now, factor_id=factor.id
    )
    return replace(who, credential=by_session(started.session_id))


def browser_of_with_factor(person: Administrator) -> Client:
    """Return a browser in which password and app were verified, without any page of the portal."""
    factor = Factor.objects.filter(administrator=person)[0]
    now = timezone.now()
    started = issuing.begin(
        person, actor=actor(person), now=now, password_at=now, factor_at=now, factor_id=factor.id
    )
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = started.token
    return client
