"""Every refusal has its sentence."""

import string
import subprocess
import sys

import pytest
from django.conf import settings

from doorward.customers.errors import HostNotConfirmed
from doorward.customers.protection import ProtectionRefused
from doorward.kernel.errors import NameMissing, PictureRefused, all_refusals
from doorward.kernel.refusals import sentence

ALL = sorted(all_refusals(), key=lambda refusal: refusal.code)
ABSTRACT = {HostNotConfirmed, PictureRefused, ProtectionRefused}
WITH_DATA = {
    "must_wait": {"seconds": 30},
    "rescue_for_staff_alone": {"email": "ines@harbour.example"},
    "rescue_wants_active": {"email": "ines@harbour.example"},
    "too_many_addresses": {"maximum": 9},
    "code_missing": {"size": 3, "missing": "1, 3"},
    "codes_differ": {"number": 2},
    "only_known_browsers": {"seconds": 3600},
    "too_many_mails": {"seconds": 600},
    "password_too_short": {"minimum": 12},
    "password_too_long": {"maximum": 128},
    "number_invalid": {"maximum": 9},
    "number_out_of_range": {"minimum": 1, "maximum": 9},
    "picture_too_large": {"maximum": 9},
    "picture_too_many_pixels": {"side": 9, "maximum": 9},
    "tab_customer_unknown": {"name": "Harbour"},
    "no_such_customer": {"name": "Harbour"},
    "too_many_customers_named": {"maximum": 9},
    "addresses_taken": {"count": 2, "email": "ines@harbour.example"},
    "picture_too_small": {"least": 9},
    "fields_refused": {"fields": {"name": NameMissing()}},
    "protection_refused": {"fields": {"name": NameMissing()}},
    "text_too_long": {"maximum": 9},
    "file_too_large": {"maximum": 9},
    "too_many_lines": {"maximum": 9},
    "too_many_columns": {"maximum": 9},
    "column_missing": {"column": "email"},
    "column_twice": {"column": "email"},
    "line_twice": {"line": 9},
    "cell_with_error": {"shown": "#N/A"},
    "factor_lost": {"what": "HOTP"},
    "part_lost": {"what": "groups"},
    "source_unreadable": {"system": "Keycloak"},
    "other_format": {"system": "privacyIDEA"},
    "too_many_tabs": {"maximum": 9},
    "too_many_to_rehearse": {"maximum": 9},
    "file_invalid": {"what": "x"},
    "customer_unknown": {"customer": "Harbour"},
    "too_many_in_scope": {"maximum": 500},
    "helper_needs_passkey": {"customer": "Harbour"},
    "helper_needs_factor": {"customer": "Harbour"},
    "helper_needs_app": {"customer": "Harbour"},
    "period_too_long": {"days": 400},
    "exception_day_invalid": {"days": 30},
    "passkeys_elsewhere": {"address": "https://portal.example"},
    "portal_elsewhere": {"address": "https://portal.example"},
}


@pytest.mark.parametrize("refusal", ALL, ids=lambda refusal: refusal.code)
def test_it_says_one_sentence_or_two(refusal):
    said = sentence(refusal(**WITH_DATA.get(refusal.code, {})))
    assert said[0] in string.ascii_uppercase
    assert said.endswith(".")
    assert "%" not in said


def test_each_has_a_sentence_of_its_own():
    assert {refusal for refusal in ALL if "sentence" not in vars(refusal)} <= ABSTRACT


def test_a_process_that_never_raises_one_knows_it_by_its_code() -> None:
    """The command line and the worker say in words what a page refused."""
    asks = (
        "import django; django.setup(); from doorward.kernel.refusals import by_code;"
        "print(*by_code())"
    )
    said = subprocess.run([sys.executable, "-c", asks], check=True, capture_output=True, text=True)
    apps = tuple(f"{app}." for app in settings.INSTALLED_APPS)
    ours = [one for one in ALL if one.__module__.startswith(apps)]
    declared = {one.code for one in ours if one.__module__.endswith(".errors")}
    assert "wrong_credentials" in declared
    assert declared - set(said.stdout.split()) == set()
