"""What applications were given is forgotten once nothing of it can be used, and not before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from doorward.applications import forgetting, pushed_requests
from doorward.applications.models import Grant, PushedRequest, RefreshToken, UsedAssertion
from tests.kit.applications import Relying, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db


def test_each_at_its_time(owner):
    give_tab(owner)
    application = make_application()
    relying = Relying(application, make_secret(application))
    relying.tokens(browser_of(owner))
    now = timezone.now()
    pushed_requests.keep(application, relying.wish(), now=now)
    UsedAssertion.objects.create(keyed_hash=b"x" * 32, until=now + timedelta(minutes=5))

    assert forgetting.forget(now=now + timedelta(seconds=80)) == 0
    assert forgetting.forget(now=now + timedelta(seconds=91)) == 1
    assert not PushedRequest.objects.exists()
    assert forgetting.forget(now=now + timedelta(minutes=6)) == 1
    assert forgetting.forget(now=now + timedelta(hours=47)) == 0
    assert forgetting.forget(now=now + timedelta(hours=49)) == 2
    assert not Grant.objects.exists()
    assert not RefreshToken.objects.exists()
