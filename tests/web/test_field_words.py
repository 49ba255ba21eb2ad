"""What somebody typed is shown to them by the labels of its fields."""

from __future__ import annotations

import pytest
from django.utils import translation

from doorward.web.kit.saved_request_words import lines_of

pytestmark = pytest.mark.django_db


def test_what_was_typed_is_said_in_words() -> None:
    typed = [
        ("first_name", "Ines"), ("phone", ""), ("require_2fa", "on"), ("tabs", "home"),
        ("tabs", "administrators"), ("status", "suspended"), ("next", "/"), ("until", "2027-01-31"),
        ("language", "de"), ("selected", "1"), ("selected", "2"), ("unheard_of", "x"),
        ("required_of", "everyone"), ("trust_days", "30"),
    ]  # fmt: skip
    with translation.override("en"):
        assert lines_of(typed) == [
            ("First name", "Ines"),
            ("Required 2FA", "yes"),
            ("Access rights", "Home, Administrators"),
            ("Status", "Suspended"),
            ("Ends on", "31 January 2027"),
            ("Language", "Deutsch"),
            ("Selected", "2"),
            ("Two-factor sign-in is required of", "Everybody"),
            ("Trusted browsers, in days", "30"),
        ]
    with translation.override("de"):
        assert dict(lines_of(typed))["Vorname"] == "Ines"
