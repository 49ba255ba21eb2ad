"""A code, a refresh token, an assertion, a pushed request, used by several at the same moment: one gets something."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from doorward.applications import grants, pushed, secrets
from doorward.applications.errors import SecretMade
from doorward.applications.live import Part
from doorward.applications.models import ClientSecret, Grant
from doorward.applications.protocol import ProtocolError
from doorward.audit.actor import CONSOLE, ClientInfo
from tests.kit.applications import CALLBACK, Relying, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of
from tests.kit.racing import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application()
    return Relying(application, make_secret(application))


def test_a_button_pressed_twice_makes_one_secret(owner, relying):
    """Two windows' worth of one form, and a second application's, which chose the same id."""
    secret_id, now = uuid4(), timezone.now()
    other = make_application("billing")

    def press(application):
        return lambda: secrets.make_to_show(application.id, secret_id, actor=CONSOLE, now=now)

    got = at_once([press(relying.application)] * 3 + [press(other)])
    assert got.count(None) == 1
    assert {type(one) for one in got if one is not None} == {SecretMade}
    assert ClientSecret.objects.filter(id=secret_id).count() == 1


def _tried(call):
    def run(*_number):
        try:
            return call()
        except ProtocolError:
            return None

    return run


def test_a_code(owner, relying):
    code, now = relying.code(browser_of(owner)), timezone.now()
    call = _tried(
        lambda: grants.redeem(
            relying.application,
            code=code,
            redirect_uri=CALLBACK,
            verifier=relying.verifier,
            client=ClientInfo(),
            now=now,
        )
    )
    got = [one for one in at_once([call] * 6) if one is not None]
    assert len(got) <= 1
    # Who came second ended it, since one of them stole it.
    assert Grant.objects.get().ended_at is not None


def test_a_refresh_token(owner, relying):
    token, now = relying.tokens(browser_of(owner))["refresh_token"], timezone.now()
    call = _tried(
        lambda: grants.refresh(relying.application, token, Part(), client=ClientInfo(), now=now)
    )
    got = [one for one in at_once([call] * 6) if one is not None]
    assert len(got) <= 1
    assert Grant.objects.get().ended_at is not None


def test_a_pushed_request(owner, relying):
    now = timezone.now()
    address = pushed.keep(relying.application, relying.wish(), now=now)
    call = _tried(lambda: pushed.take(relying.application, address, now=now))
    got = [one for one in at_once([call] * 6) if one is not None]
    assert len(got) == 1
