"""Passkeys as services: challenges once, own ones alone, counted, and what follows from a right answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from doorward.administrators.models import Administrator, Session, Status
from doorward.audit.events import Kind
from doorward.audit.origin import Origin
from doorward.core import errors
from doorward.core.access import next_step
from doorward.core.steps import OWN_SECURITY, FactorKind, Need, Step
from doorward.customers.models import Customer, CustomerStatus
from doorward.mfa import (
    passkey_proving,
    proving,
    services,
)
from doorward.mfa.challenges import Purpose
from doorward.mfa.models import Factor, Passkey, RecoverySet, UserHandle
from doorward.mfa.passkey_proving import Given
from doorward.safe.models import Attempt
from tests import passkeys, support
from tests.passkeys import ORIGIN, PARTY, begin, prove_second_step, reload, send_second_step
from tests.softkey import BE, BS, UP, UV, SoftKey, b64

HELLO = UUID("08987058-cadc-4b81-b6e1-30de50dcbe96")
BROWSER = "b" * 43
WHERE = Origin(address="192.0.2.10", browser=support.CHROME)


def only() -> Passkey:
    return Passkey.objects.get()


# --- setting one up -------------------------------------------------------------------------------


@pytest.mark.parametrize("found", [True, False, None])
def test_what_a_passkey_can_do_is_recorded_as_it_is(owner, found):
    properties = {} if found is None else {"credProps": {"rk": found}}
    key = SoftKey(flags=UP)
    passkeys.register(begin(owner), key, answer={"clientExtensionResults": properties})
    assert (only().user_verified, only().discoverable) == (False, found)
    with pytest.raises(errors.PasskeyNotVerified):
        passkeys.sign_in_alone(key, flags=UP | UV)


def test_the_first_passkey_turns_2fa_on_and_is_named_by_device_and_browser(owner, clock):
    loaded = begin(owner)
    other = begin(owner)
    key = SoftKey(aaguid=HELLO, flags=UP | UV | BE | BS)
    after = reload(passkeys.register(loaded, key))
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
    assert support.events(Kind.TWO_FACTOR_ENABLED)[0].typed["factor"] == factor.name


def test_the_user_handle_is_64_random_bytes_that_stay(owner, outsider):
    handle = UserHandle.objects.get
    first = passkeys.add(owner).user_handle
    passkeys.add(outsider)
    assert len(first) == 64
    assert passkeys.add(owner).user_handle == first
    services.remove_all(owner.id)
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
    loaded = begin(owner)
    assert next_step(loaded.facts, Need.THROUGH, now=timezone.now()) is Step.PROVE_FACTOR
    after = reload(prove_second_step(loaded, key))
    assert next_step(after.facts, Need.THROUGH, now=timezone.now()) is Step.THROUGH
    assert after.browser.token_hash != loaded.browser.token_hash
    assert after.browser.factor_kind == "passkey"
    assert only().sign_count == 2
    assert Factor.objects.get().last_used_at == timezone.now()
    assert Factor.objects.get().failures_in_a_row == 0


def test_a_wrong_answer_changes_nothing_but_the_count(owner):
    key = passkeys.add(owner)
    before = (only().sign_count, Factor.objects.get().last_used_at)
    with pytest.raises(errors.PasskeySignatureWrong):
        prove_second_step(begin(owner), key, signed=b"something else", count=99)
    assert (only().sign_count, Factor.objects.get().last_used_at) == before
    assert Factor.objects.get().failures_in_a_row == 1
    assert passkeys.reasons(Kind.SECOND_STEP_FAILED) == ["passkey_signature_wrong"]


def test_wrong_answers_lead_to_waiting_and_a_right_one_clears_them(owner, clock):
    key = passkeys.add(owner)
    loaded = begin(owner)
    for _ in range(5):
        with pytest.raises(errors.PasskeySignatureWrong):
            prove_second_step(loaded, key, signed=b"something else")
    with pytest.raises(errors.MustWait) as refused:
        prove_second_step(loaded, key)
    assert refused.value.seconds == 30
    clock.shift(timedelta(seconds=30))
    prove_second_step(loaded, key)
    assert Factor.objects.get().failures_in_a_row == 0


def test_the_app_does_not_wait_for_the_passkey(owner, clock):
    key = passkeys.add(owner)
    secret = support.enable_app(owner)
    loaded = begin(owner)
    for _ in range(6):
        with pytest.raises(errors.Refusal):
            prove_second_step(loaded, key, signed=b"something else")
    proving.prove_second_step(
        loaded=loaded,
        code=support.code(secret),
        completes=False,
        by=support.by(owner),
        now=timezone.now(),
    )
    assert Factor.objects.get(kind=FactorKind.PASSKEY).failures_in_a_row == 5


def test_a_disabled_passkey_is_not_asked_for_and_not_taken(owner):
    key = passkeys.add(owner)
    loaded = begin(owner)
    options = passkeys.asked(loaded)
    Factor.objects.update(locked_at=timezone.now())
    with pytest.raises(errors.FactorDisabled):
        send_second_step(loaded, key.get(options, ORIGIN))
    with pytest.raises(errors.PasskeyNotOffered):
        passkeys.asked(begin(owner))


def test_a_passkey_as_fresh_proof_and_one_that_does_not_serve(owner, clock):
    key, other = passkeys.add(owner), passkeys.add(owner, name="Phone")
    loaded = reload(prove_second_step(begin(owner), key))
    gone = Factor.objects.get(name="Laptop").id
    without = loaded.without(gone)
    options = passkeys.asked(without, Purpose.PROVE)
    assert [one["id"] for one in options["allowCredentials"]] == [b64(other.credential_id)]
    by = loaded.by(WHERE)
    given = Given(key.get(options, ORIGIN), Purpose.PROVE, PARTY)
    with pytest.raises(errors.PasskeyNotOffered):
        passkey_proving.prove_again(loaded=without, given=given, by=by, now=timezone.now())
    options = passkeys.asked(loaded, Purpose.PROVE)
    given = Given(other.get(options, ORIGIN), Purpose.PROVE, PARTY)
    after = reload(
        passkey_proving.prove_again(loaded=without, given=given, by=by, now=timezone.now())
    )
    assert after.facts.session is not None
    assert after.facts.session.factor_id == Factor.objects.get(name="Phone").id
    services.remove(gone, loaded=after, by=by, now=timezone.now())
    assert Passkey.objects.count() == Factor.objects.count() == 1


def test_2fa_is_disabled_with_a_passkey(owner):
    key = passkeys.add(owner)
    loaded = reload(prove_second_step(begin(owner), key))
    options = passkeys.asked(loaded, Purpose.DISABLE)
    given = Given(key.get(options, ORIGIN), Purpose.DISABLE, PARTY)
    services.disable(loaded=loaded, proof=given, by=loaded.by(WHERE), now=timezone.now())
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


DAMAGE: dict[str, tuple[type[errors.Refusal], dict[str, Any]]] = {
    "not verified": (errors.PasskeyNotVerified, {"flags": UP}),
    "no handle": (errors.PasskeyWrongPerson, {"user_handle": None}),
    "another handle": (errors.PasskeyWrongPerson, {"user_handle": b"x" * 64}),
    "a signature over something else": (errors.PasskeySignatureWrong, {"signed": b"x"}),
    "an id that nobody has": (errors.PasskeyUnknown, {"id": b"x" * 32}),
    "another origin": (errors.PasskeyWrongOrigin, {"data": {"origin": "https://evil.example"}}),
    "another challenge": (errors.PasskeyChallengeInvalid, {"data": {"challenge": "AAAA"}}),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_sign_in_is_refused_and_told_by_its_reason(owner, what):
    refusal, given = DAMAGE[what]
    key = passkeys.add(owner)
    with pytest.raises(errors.Refusal) as refused:
        passkeys.sign_in_alone(key, **given)
    assert type(refused.value) is refusal
    assert passkeys.reasons(Kind.SIGN_IN_FAILED) == [refusal.code]
    assert not Session.objects.exists()


@pytest.mark.parametrize("status", [Status.INVITED, Status.SUSPENDED, Status.REMOVED])
def test_somebody_who_is_not_active_does_not_get_in(owner, status):
    key = passkeys.add(owner)
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(status=status)
    with pytest.raises(errors.PasskeyUnknown):
        passkeys.sign_in_alone(key)


def test_nobody_of_a_customer_who_is_not_active_gets_in(owner):
    key = passkeys.add(owner)
    Customer.objects.filter(id=owner.customer_id).update(status=CustomerStatus.SUSPENDED)
    with pytest.raises(errors.PasskeyUnknown):
        passkeys.sign_in_alone(key)


def test_a_session_without_a_password_needs_it_once_there_is_no_factor(owner):
    key = passkeys.add(owner)
    started = passkeys.sign_in_alone(key)
    loaded = reload(started)
    given = Given(key.get(passkeys.asked(loaded, Purpose.DISABLE), ORIGIN), Purpose.DISABLE, PARTY)
    by = loaded.by(WHERE)
    services.disable(loaded=loaded, proof=given, by=by, now=timezone.now())
    loaded = reload(started)
    fresh = Need.proof(OWN_SECURITY)
    assert next_step(loaded.facts, fresh, now=timezone.now()) is Step.PROVE_AGAIN


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
        with pytest.raises(errors.Refusal):
            passkeys.send_alone("{}")
    with pytest.raises(errors.MustWait):
        passkeys.sign_in_alone(key)


# --- at once --------------------------------------------------------------------------------------
