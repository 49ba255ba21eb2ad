"""A code, a refresh token, an assertion, a pushed request, used by several at the same moment: one gets something."""

from __future__ import annotations

import pytest
from django.utils import timezone

from doorward.applications import grants, pushed
from doorward.applications.models import Grant
from doorward.applications.protocol import ProtocolError
from doorward.audit.actor import ClientInfo
from tests.kit.applications import CALLBACK, Relying, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of
from tests.kit.racing import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application()
    return Relying(application, make_secret(application))


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
    call = _tried(lambda: grants.refresh(relying.application, token, client=ClientInfo(), now=now))
    got = [one for one in at_once([call] * 6) if one is not None]
    assert len(got) <= 1
    assert Grant.objects.get().ended_at is not None


def test_a_pushed_request(owner, relying):
    now = timezone.now()
    address = pushed.keep(relying.application, relying.wish(), now=now)
    call = _tried(lambda: pushed.take(relying.application, address, now=now))
    got = [one for one in at_once([call] * 6) if one is not None]
    assert len(got) == 1
