"""Passkeys as services: challenges once, own ones alone, counted, and what follows from a right answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator, Status
from doorward.audit.actor import ClientInfo
from doorward.credentials import removal
from doorward.credentials.errors import (
    FactorDisabled,
    PasskeyChallengeInvalid,
    PasskeyNotOffered,
    PasskeyNotVerified,
    PasskeySignatureWrong,
    PasskeyWrongOrigin,
    PasskeyWrongPerson,
)
from doorward.credentials.events import SECOND_STEP_FAILED, TWO_FACTOR_ENABLED
from doorward.credentials.models import Factor, Passkey, RecoverySet, UserHandle
from doorward.credentials.passkeys import verify
from doorward.credentials.passkeys.challenges import Purpose
from doorward.credentials.passkeys.verify import Given
from doorward.customers.models import Customer, CustomerStatus
from doorward.gate.decision import next_step
from doorward.gate.requirement import Need, Step
from doorward.kernel.errors import MustWait, Refusal
from doorward.kernel.models import Attempt
from doorward.policy.rules import FactorKind
from doorward.sessions.models import Session
from doorward.sessions.reauthentication import OWN_SECURITY
from doorward.signin import second_step
from doorward.signin.errors import PasskeyUnknown
from doorward.signin.events import SIGN_IN_FAILED
from tests.kit import codes, passkeys, people
from tests.kit.passkeys import ORIGIN, PARTY, begin, reload, send_second_step, verify_second_step
from tests.kit.softkey import BE, BS, UP, UV, SoftKey, b64

HELLO = UUID("08987058-cadc-4b81-b6e1-30de50dcbe96")
BROWSER = "b" * 43
WHERE = ClientInfo(address="192.0.2.10", browser=people.CHROME)


def only() -> Passkey:
    return Passkey.objects.get()


# --- setting one up -------------------------------------------------------------------------------


@pytest.mark.parametrize("found", [True, False, None])
def test_what_a_passkey_can_do_is_recorded_as_it_is(owner, found):
    properties = {} if found is None else {"credProps": {"rk": found}}
    key = SoftKey(flags=UP)
    passkeys.register(begin(owner), key, answer={"clientExtensionResults": properties})
    assert (only().user_verified, only().discoverable) == (False, found)
    with pytest.raises(PasskeyNotVerified):
        passkeys.sign_in_alone(key, flags=UP | UV)


def test_the_first_passkey_turns_2fa_on_and_is_named_by_device_and_browser(owner, clock):
    auth = begin(owner)
    other = begin(owner)
    key = SoftKey(aaguid=HELLO, flags=UP | UV | BE | BS)
    after = reload(passkeys.register(auth, key))
    factor, row = Factor.objects.get(), only()
    assert (factor.name, factor.kind, factor.sealed) == (
        "Windows Hello on Chrome",
        FactorKind.PASSKEY,
        None,
    )
    assert bytes(row.credential_id) == key.credential_id
    assert (row.backup_eligible, row.backed_up, row.user_verified) == (True, True, True)
    assert (row.rp_id, row.transports, row.sign_count) == ("localhost", "hybrid internal", 1)
    assert after.facts.session is not None
    assert after.facts.session.factor_id == factor.id
    assert after.browser.factor_kind == "passkey"
    assert RecoverySet.objects.count() == 1
    assert Session.objects.get(id=other.browser.session_id).ended_at == timezone.now()
    assert people.events(TWO_FACTOR_ENABLED)[0].typed["factor"] == factor.name


def test_the_user_handle_is_64_random_bytes_that_stay(owner, outsider):
    handle = UserHandle.objects.get
    first = passkeys.add(owner).user_handle
    passkeys.add(outsider)
    assert len(first) == 64
    assert passkeys.add(owner).user_handle == first
    removal.remove_all(owner.id)
    assert bytes(handle(administrator=owner).handle) == first
    assert bytes(handle(administrator=outsider).handle) != first


def test_options_leave_out_the_devices_that_have_one(owner):
    key = passkeys.add(owner)
    options = passkeys.asked_to_make(begin(owner))
    assert [one["id"] for one in options["excludeCredentials"]] == [b64(key.credential_id)]
    assert options["user"]["name"] == owner.email


# --- the second step ------------------------------------------------------------------------------


def test_a_right_answer_steps_the_session_up(owner, clock):
    key = passkeys.add(owner)
    auth = begin(owner)
    assert next_step(auth.facts, Need.THROUGH, now=timezone.now()) is Step.VERIFY_FACTOR
    after = reload(verify_second_step(auth, key))
    assert next_step(after.facts, Need.THROUGH, now=timezone.now()) is Step.THROUGH
    assert after.browser.token_hash != auth.browser.token_hash
    assert after.browser.factor_kind == "passkey"
    assert only().sign_count == 2
    assert Factor.objects.get().last_used_at == timezone.now()
    assert Factor.objects.get().failures_in_a_row == 0


def test_a_wrong_answer_changes_nothing_but_the_count(owner):
    key = passkeys.add(owner)
    before = (only().sign_count, Factor.objects.get().last_used_at)
    with pytest.raises(PasskeySignatureWrong):
        verify_second_step(begin(owner), key, signed=b"something else", count=99)
    assert (only().sign_count, Factor.objects.get().last_used_at) == before
    assert Factor.objects.get().failures_in_a_row == 1
    assert passkeys.reasons(SECOND_STEP_FAILED) == ["passkey_signature_wrong"]


def test_wrong_answers_lead_to_waiting_and_a_right_one_clears_them(owner, clock):
    key = passkeys.add(owner)
    auth = begin(owner)
    for _ in range(5):
        with pytest.raises(PasskeySignatureWrong):
            verify_second_step(auth, key, signed=b"something else")
    with pytest.raises(MustWait) as refused:
        verify_second_step(auth, key)
    assert refused.value.seconds == 30
    clock.shift(timedelta(seconds=30))
    verify_second_step(auth, key)
    assert Factor.objects.get().failures_in_a_row == 0


def test_the_app_does_not_wait_for_the_passkey(owner, clock):
    key = passkeys.add(owner)
    secret = codes.enable_app(owner)
    auth = begin(owner)
    for _ in range(6):
        with pytest.raises(Refusal):
            verify_second_step(auth, key, signed=b"something else")
    second_step.verify_code(
        auth=auth,
        code=codes.code(secret),
        actor=people.actor(owner),
        now=timezone.now(),
    )
    assert Factor.objects.get(kind=FactorKind.PASSKEY).failures_in_a_row == 5


def test_a_disabled_passkey_is_not_asked_for_and_not_taken(owner):
    key = passkeys.add(owner)
    auth = begin(owner)
    options = passkeys.asked(auth)
    Factor.objects.update(locked_at=timezone.now())
    with pytest.raises(FactorDisabled):
        send_second_step(auth, key.get(options, ORIGIN))
    with pytest.raises(PasskeyNotOffered):
        passkeys.asked(begin(owner))


def test_a_passkey_as_fresh_proof_and_one_that_does_not_serve(owner, clock):
    key, other = passkeys.add(owner), passkeys.add(owner, name="Phone")
    auth = reload(verify_second_step(begin(owner), key))
    gone = Factor.objects.get(name="Laptop").id
    without = auth.without(gone)
    options = passkeys.asked(without, Purpose.REAUTHENTICATE)
    assert [one["id"] for one in options["allowCredentials"]] == [b64(other.credential_id)]
    actor = auth.actor(WHERE)
    given = Given(key.get(options, ORIGIN), Purpose.REAUTHENTICATE, PARTY)
    with pytest.raises(PasskeyNotOffered):
        verify.reauthenticate(auth=without, given=given, actor=actor, now=timezone.now())
    options = passkeys.asked(auth, Purpose.REAUTHENTICATE)
    given = Given(other.get(options, ORIGIN), Purpose.REAUTHENTICATE, PARTY)
    after = reload(
        verify.reauthenticate(auth=without, given=given, actor=actor, now=timezone.now())
    )
    assert after.facts.session is not None
    assert after.facts.session.factor_id == Factor.objects.get(name="Phone").id
    removal.remove(gone, auth=after, actor=actor, now=timezone.now())
    assert Passkey.objects.count() == Factor.objects.count() == 1


def test_2fa_is_disabled_with_a_passkey(owner):
    key = passkeys.add(owner)
    auth = reload(verify_second_step(begin(owner), key))
    options = passkeys.asked(auth, Purpose.DISABLE)
    given = Given(key.get(options, ORIGIN), Purpose.DISABLE, PARTY)
    removal.disable(auth=auth, proof=given, actor=auth.actor(WHERE), now=timezone.now())
    assert not Factor.objects.exists()
    assert not Passkey.objects.exists()


# --- instead of the password ----------------------------------------------------------------------


def test_one_gesture_is_both_factors_and_no_password_is_looked_at(owner, clock):
    key = passkeys.add(owner)
    after = reload(passkeys.sign_in_alone(key))
    session = after.facts.session
    assert session is not None
    assert (session.password_at, session.passkey_at) == (None, timezone.now())
    assert session.factor_id == Factor.objects.get().id
    assert after.browser.next_path == "/activity/"
    assert next_step(after.facts, Need.THROUGH, now=timezone.now()) is Step.THROUGH


def test_a_right_one_gives_back_what_was_counted(owner):
    key = passkeys.add(owner)
    passkeys.sign_in_alone(key)
    assert not Attempt.objects.exists()
    assert Factor.objects.get().failures_in_a_row == 0


def test_options_are_the_same_for_everybody(owner):
    passkeys.add(owner)
    options = passkeys.asked_alone()
    assert options["allowCredentials"] == []
    assert options["userVerification"] == "required"


DAMAGE: dict[str, tuple[type[Refusal], dict[str, Any]]] = {
    "not verified": (PasskeyNotVerified, {"flags": UP}),
    "no handle": (PasskeyWrongPerson, {"user_handle": None}),
    "another handle": (PasskeyWrongPerson, {"user_handle": b"x" * 64}),
    "a signature over something else": (PasskeySignatureWrong, {"signed": b"x"}),
    "an id that nobody has": (PasskeyUnknown, {"id": b"x" * 32}),
    "another origin": (PasskeyWrongOrigin, {"data": {"origin": "https://evil.example"}}),
    "another challenge": (PasskeyChallengeInvalid, {"data": {"challenge": "AAAA"}}),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_sign_in_is_refused_and_told_by_its_reason(owner, what):
    refusal, given = DAMAGE[what]
    key = passkeys.add(owner)
    with pytest.raises(Refusal) as refused:
        passkeys.sign_in_alone(key, **given)
    assert type(refused.value) is refusal
    assert passkeys.reasons(SIGN_IN_FAILED) == [refusal.code]
    assert not Session.objects.exists()


@pytest.mark.parametrize("status", [Status.INVITED, Status.SUSPENDED, Status.REMOVED])
def test_somebody_who_is_not_active_does_not_get_in(owner, status):
    key = passkeys.add(owner)
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(status=status)
    with pytest.raises(PasskeyUnknown):
        passkeys.sign_in_alone(key)


def test_nobody_of_a_customer_who_is_not_active_gets_in(owner):
    key = passkeys.add(owner)
    Customer.objects.filter(id=owner.customer_id).update(status=CustomerStatus.SUSPENDED)
    with pytest.raises(PasskeyUnknown):
        passkeys.sign_in_alone(key)


def test_a_session_without_a_password_needs_it_once_there_is_no_factor(owner):
    key = passkeys.add(owner)
    started = passkeys.sign_in_alone(key)
    auth = reload(started)
    given = Given(key.get(passkeys.asked(auth, Purpose.DISABLE), ORIGIN), Purpose.DISABLE, PARTY)
    actor = auth.actor(WHERE)
    removal.disable(auth=auth, proof=given, actor=actor, now=timezone.now())
    auth = reload(started)
    fresh = Need.proof(OWN_SECURITY)
    assert next_step(auth.facts, fresh, now=timezone.now()) is Step.REAUTHENTICATE


def test_a_browser_that_was_signed_in_with_before_is_known(owner):
    key = passkeys.add(owner)
    first = reload(passkeys.sign_in_alone(key))
    assert not first.browser.known_browser
    Session.objects.update(signed_in_at=timezone.now())
    second = reload(passkeys.sign_in_alone(key))
    assert second.browser.known_browser
    assert second.browser.previous_at == Session.objects.earliest("created_at").signed_in_at
    assert not reload(passkeys.sign_in_alone(key, browser="c" * 43)).browser.known_browser


def test_failures_without_a_known_passkey_count_for_the_address(owner, clock):
    key = passkeys.add(owner)
    for _ in range(100):
        with pytest.raises(Refusal):
            passkeys.send_alone("{}")
    with pytest.raises(MustWait):
        passkeys.sign_in_alone(key)


# --- at once --------------------------------------------------------------------------------------
