"""Requests for help, as colleagues see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import timezone

from doorward.recovery.models import RecoveryRequest, Way
from doorward.recovery.rules import PASS_TRIES
from tests.kit import browsers, codes, people, recovering

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db


def test_who_waits_is_not_said_to_be_helped(owner: Administrator, colleague: Administrator) -> None:
    waits = RecoveryRequest.objects.create(
        administrator=colleague,
        way=Way.WAITING,
        second=False,
        asked_by=colleague,
        asked_at=timezone.now(),
    )
    codes.enable_app(owner)
    browser = browsers.browser_of_with_factor(owner)
    assert "asked to wait" in browser.get("/requests/").content.decode()
    said = browser.get(f"/requests/{waits.id}/").content.decode()
    assert f"{colleague.full_name} has asked to wait" in said
    assert "If it is not them, refuse this request." in said
    assert "Help for" not in said
    assert "Asked for by" not in said


def test_a_pass_that_ended_by_wrong_words_says_so_and_leads_to_helping_once_more(
    owner: Administrator, colleague: Administrator
) -> None:
    for person in (owner, colleague):
        codes.enable_app(person)
        recovering.long_ago(person)
    browser = browsers.browser_of_with_factor(owner)
    helped = browser.post(f"/administrators/{colleague.id}/help/", {"how": "Met in person."})
    shown = browser.get(helped["Location"]).content.decode()
    assert 'id="set-up-pass"' in shown
    page = f"/requests/{RecoveryRequest.objects.get().id}/"
    thief = Client()
    thief.post("/sign-in/", {"email": colleague.email, "password": people.PASSWORD})
    for _try in range(PASS_TRIES):
        assert "wrong set-up passes" not in browser.get(page).content.decode()
        assert thief.post("/sign-in/pass/", {"pass": "not these eight words"}).status_code == 422
    said = browser.get(page).content.decode()
    assert "Five wrong set-up passes were typed" in said
    assert f'href="/administrators/{colleague.id}/"' in said
