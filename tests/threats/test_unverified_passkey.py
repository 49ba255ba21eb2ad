"""Who finds a key without a PIN can give it one: until it has verified its user it is no password."""

from __future__ import annotations

import pytest

from doorward.audit.events import Kind
from doorward.core import errors
from doorward.mfa.models import Passkey
from tests import passkeys
from tests.passkeys import begin, prove_second_step
from tests.softkey import UP, UV, SoftKey

pytestmark = pytest.mark.django_db


def only() -> Passkey:
    return Passkey.objects.get()


def test_a_key_that_never_verified_anybody_has_to_do_so_beside_the_password_first(owner):
    key = passkeys.add(owner, SoftKey(flags=UP))
    with pytest.raises(errors.PasskeyNotVerified):
        passkeys.sign_in_alone(key, flags=UP | UV)
    prove_second_step(begin(owner), key, flags=UP)
    assert not only().user_verified
    prove_second_step(begin(owner), key, flags=UP | UV)
    assert only().user_verified
    passkeys.sign_in_alone(key, flags=UP | UV)


def test_one_that_did_still_has_to_each_time(owner):
    key = passkeys.add(owner)
    assert only().user_verified
    with pytest.raises(errors.PasskeyNotVerified):
        passkeys.sign_in_alone(key, flags=UP)
    assert passkeys.reasons(Kind.SIGN_IN_FAILED) == ["passkey_not_verified"]


def test_a_finder_is_not_believed_for_having_tried(owner):
    key = passkeys.add(owner, SoftKey(flags=UP))
    for _ in range(2):
        with pytest.raises(errors.PasskeyNotVerified):
            passkeys.sign_in_alone(key, flags=UP | UV)
    assert not only().user_verified
