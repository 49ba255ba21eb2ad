"""Who finds a key without a PIN can give it one: until it has verified its user it is no password."""

from __future__ import annotations

import pytest

from doorward.credentials.errors import PasskeyNotVerified
from doorward.credentials.models import Passkey
from doorward.signin.events import SIGN_IN_FAILED
from tests.kit import passkeys
from tests.kit.passkeys import begin, verify_second_step
from tests.kit.softkey import UP, UV, SoftKey

pytestmark = pytest.mark.django_db


def only() -> Passkey:
    return Passkey.objects.get()


def test_a_key_that_never_verified_anybody_has_to_do_so_beside_the_password_first(owner):
    key = passkeys.add(owner, SoftKey(flags=UP))
    with pytest.raises(PasskeyNotVerified):
        passkeys.sign_in_alone(key, flags=UP | UV)
    verify_second_step(begin(owner), key, flags=UP)
    assert not only().user_verified
    verify_second_step(begin(owner), key, flags=UP | UV)
    assert only().user_verified
    passkeys.sign_in_alone(key, flags=UP | UV)


def test_one_that_did_still_has_to_each_time(owner):
    key = passkeys.add(owner)
    assert only().user_verified
    with pytest.raises(PasskeyNotVerified):
        passkeys.sign_in_alone(key, flags=UP)
    assert passkeys.reasons(SIGN_IN_FAILED) == ["passkey_not_verified"]


def test_a_finder_is_not_believed_for_having_tried(owner):
    key = passkeys.add(owner, SoftKey(flags=UP))
    for _ in range(2):
        with pytest.raises(PasskeyNotVerified):
            passkeys.sign_in_alone(key, flags=UP | UV)
    assert not only().user_verified
