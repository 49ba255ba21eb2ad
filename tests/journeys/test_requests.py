"""Requests for help, as colleagues see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.recovery.models import RecoveryRequest, Way
from tests.kit import browsers, codes

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
