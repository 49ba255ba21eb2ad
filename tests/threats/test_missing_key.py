"""A key that somebody took out of the key file: what was on its way begins again, and nobody meets an error page."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.credentials.errors import SetUpExpired
from doorward.credentials.events import RECOVERY_CODES_MADE
from doorward.credentials.models import Factor, RecoverySet
from doorward.kernel.crypto import sealing
from doorward.kernel.crypto.keyring import KeyFile
from doorward.kernel.refusals import sentence
from doorward.signin import mailbox
from doorward.signin.errors import MailboxProofExpired
from doorward.signin.models import MailboxProof
from tests.kit import browsers, codes, people
from tests.kit.codes import shown_secret

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.django_db

SET_UP = "/security/2fa/enable/"
MAILBOX = "/sign-in/mailbox/"
CODES = "/sign-in/recovery-codes/"


@pytest.fixture
def lose_the_key(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """Return what has another key seal from now on, and takes away the one of before."""
    # The key of all hashes stays known: a process that runs has it.
    sealing._hash_key()
    settings.KEYS = KeyFile(tmp_path / "keys.json", now=timezone.now())
    old = settings.KEYS.ring.newest.id

    def lose() -> None:
        settings.KEYS.add(now=timezone.now())
        settings.KEYS.drop(old)
        monkeypatch.setattr(sealing, "_ciphers", {})

    return lose


def test_a_set_up_on_its_way_is_shown_anew(
    owner: Administrator, lose_the_key: Callable[[], None]
) -> None:
    browser = browsers.browser_of(owner)
    first = shown_secret(browser.get(SET_UP))
    lose_the_key()
    answer = browser.post(SET_UP, {"code": codes.code(first), "name": ""})
    assert answer.status_code == 422
    assert sentence(SetUpExpired()) in answer.content.decode()
    second = shown_secret(answer)
    assert second != first
    assert shown_secret(browser.get(SET_UP)) == second
    assert browser.post(SET_UP, {"code": codes.code(second), "name": ""}).status_code == 303
    assert Factor.objects.count() == 1


def test_a_mailed_code_is_sent_anew(
    owner: Administrator, lose_the_key: Callable[[], None], clock: Any
) -> None:
    Administrator.objects.of(owner.customer_id).update(require_2fa=True)
    browser = Client()
    browser.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD})
    assert browser.get(MAILBOX).status_code == 200
    code = mailbox.code_of(MailboxProof.objects.get())
    lose_the_key()
    answer = browser.post(MAILBOX, {"code": code})
    assert answer.status_code == 422
    assert sentence(MailboxProofExpired()) in answer.content.decode()
    clock.shift(timedelta(seconds=31))
    assert browser.post(MAILBOX, {"resend": "on"}).status_code == 303
    newest = MailboxProof.objects.order_by("created_at").last()
    assert newest is not None
    assert browser.post(MAILBOX, {"code": mailbox.code_of(newest)}).status_code == 303


def test_recovery_codes_that_nobody_saved_are_made_anew(
    owner: Administrator, lose_the_key: Callable[[], None]
) -> None:
    browser = browsers.browser_of(owner)
    secret = shown_secret(browser.get(SET_UP))
    browser.post(SET_UP, {"code": codes.code(secret), "name": ""})
    before = browser.get(f"{CODES}text/").content
    lose_the_key()
    after = browser.get(f"{CODES}text/").content
    assert after != before
    assert browser.get(f"{CODES}text/").content == after
    assert browser.get(CODES).status_code == 200
    assert len(people.events(RECOVERY_CODES_MADE)) == 1
    assert RecoverySet.objects.count() == 1
    assert browser.post(CODES, {"saved": "on"}).status_code == 303
