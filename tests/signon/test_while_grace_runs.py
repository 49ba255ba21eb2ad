"""A step that is only offered takes no sign-in to an application away: nobody is there who could say *Not now*."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.utils import timezone

from doorward.applications import back_channel_logout
from doorward.applications.models import Application, Grant
from tests.kit import policies
from tests.kit.applications import Relying, answer_of, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db


def test_it_goes_on_until_the_day_comes_and_the_next_sign_in_offers_it(owner):
    give_tab(owner)
    application = make_application(logout_channel="http://127.0.0.1:1/")
    relying = Relying(application, make_secret(application))
    browser = browser_of(owner)
    tokens = relying.tokens(browser)
    day = timezone.now() + timedelta(days=20)
    policies.require(owner.customer_id, from_day=day.date())

    assert relying.ask(browser)["Location"].startswith("/sign-in/set-up/")
    assert answer_of(relying.ask(browser, prompt="none"))["error"] == "interaction_required"
    assert relying.userinfo(tokens["access_token"]).status_code == HTTPStatus.OK
    again = relying.refresh(tokens["refresh_token"])
    assert again.status_code == HTTPStatus.OK
    back_channel_logout.notice(now=timezone.now() + timedelta(minutes=2))
    assert not Grant.objects.filter(tell_at__isnull=False).exists()

    policies.require(owner.customer_id, from_day=None)
    assert relying.userinfo(again.json()["access_token"]).status_code == HTTPStatus.UNAUTHORIZED
    back_channel_logout.notice(now=timezone.now() + timedelta(minutes=4))
    assert Grant.objects.filter(tell_at__isnull=False).exists()
    assert Application.objects.count() == 1
