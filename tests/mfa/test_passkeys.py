"""Passkeys as services: challenges once, own ones alone, counted, and what follows from a right answer."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
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
    challenges,
    passkey_proving,
    passkey_set_up,
    passkey_sign_in,
    proving,
    services,
)
from doorward.mfa.challenges import Purpose
from doorward.mfa.models import Challenge, Factor, Passkey, RecoverySet, UserHandle
from doorward.mfa.passkey_proving import Given
from tests import passkeys, support
from tests.passkeys import ORIGIN, PARTY, begin, prove_second_step, reload, send_second_step
from tests.racing import at_once
from tests.softkey import BE, BS, UP, UV, SoftKey, b64, unb64

if TYPE_CHECKING:
    from doorward.administrators.sessions import Started
    from doorward.mfa.facts import Loaded

HELLO = UUID("08987058-cadc-4b81-b6e1-30de50dcbe96")
BROWSER = "b" * 43
WHERE = Origin(address="192.0.2.10", browser=support.CHROME)


def register(loaded: Loaded, key: SoftKey, **given: Any) -> Started:
    options = passkey_set_up.begin(loaded=loaded, party=PARTY, now=timezone.now())
    return send_registration(loaded, key.create(options, ORIGIN, **given))


def send_registration(loaded: Loaded, answer: str) -> Started:
    by = loaded.by(WHERE)
    return passkey_set_up.confirm(
        loaded=loaded, answer=answer, party=PARTY, by=by, now=timezone.now()
    )


def sign_in(key: SoftKey, *, browser: str = BROWSER, asked_by: str = BROWSER, **given: Any):
    options = passkey_sign_in.begin(browser_token=asked_by, party=PARTY, now=timezone.now())
    return send_sign_in(key.get(options, ORIGIN, **given), browser=browser)


def send_sign_in(answer: str, *, browser: str = BROWSER) -> Started:
    return passkey_sign_in.sign_in(
        answer=answer,
        browser_token=browser,
        next_path="/activity/",
        party=PARTY,
        origin=WHERE,
        now=timezone.now(),
    )


def reasons(kind: Kind) -> list[str]:
    return [event.details["reason"] for event in support.events(kind)]


def only() -> Passkey:
    return Passkey.objects.get()


# --- setting one up -------------------------------------------------------------------------------


def test_the_first_passkey_turns_2fa_on_and_is_named_by_device_and_browser(owner, clock):
    loaded = begin(owner)
    other = begin(owner)
    key = SoftKey(aaguid=HELLO, flags=UP | UV | BE | BS)
    after = reload(register(loaded, key))
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
    assert support.events(Kind.TWO_FACTOR_ENABLED)[0].details["factor"] == factor.name
    assert challenges.forget(now=timezone.now()) == 1


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
    options = passkey_set_up.begin(loaded=begin(owner), party=PARTY, now=timezone.now())
    assert [one["id"] for one in options["excludeCredentials"]] == [b64(key.credential_id)]
    assert options["user"]["name"] == owner.email


@pytest.mark.parametrize("who", ["owner", "colleague", "outsider"])
def test_an_id_that_anybody_has_is_not_taken_again(who, owner, request):
    key = passkeys.add(request.getfixturevalue(who))
    with pytest.raises(errors.PasskeyRegistered):
        register(begin(owner, factor_at=timezone.now()), SoftKey(credential_id=key.credential_id))
    assert Passkey.objects.count() == Factor.objects.count() == 1
    assert reasons(Kind.TWO_FACTOR_ENABLE_FAILED) == ["passkey_registered"]


def test_a_registration_is_good_once_and_for_its_own_session(owner, clock):
    loaded, other = begin(owner), begin(owner)
    options = passkey_set_up.begin(loaded=loaded, party=PARTY, now=timezone.now())
    answer = SoftKey().create(options, ORIGIN)
    with pytest.raises(errors.PasskeyChallengeInvalid):
        send_registration(other, answer)
    loaded = reload(send_registration(loaded, answer))
    with pytest.raises(errors.PasskeyChallengeInvalid):
        send_registration(loaded, answer)
    assert Factor.objects.count() == 1


def test_a_damaged_registration_burns_its_challenge(owner):
    loaded = begin(owner)
    options = passkey_set_up.begin(loaded=loaded, party=PARTY, now=timezone.now())
    key = SoftKey()
    with pytest.raises(errors.PasskeyEmbedded):
        send_registration(loaded, key.create(options, ORIGIN, data={"crossOrigin": True}))
    with pytest.raises(errors.PasskeyChallengeInvalid):
        send_registration(loaded, key.create(options, ORIGIN))
    assert not Factor.objects.exists()


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


@pytest.mark.parametrize("purpose", [Purpose.PROVE, Purpose.DISABLE, Purpose.SET_UP])
def test_a_challenge_of_another_purpose_is_refused(owner, purpose):
    key = passkeys.add(owner)
    loaded = begin(owner)
    bound_to = challenges.of_session(loaded.browser.session_id)
    challenge = challenges.make(purpose, bound_to=bound_to, now=timezone.now())
    options = passkeys.asked(loaded) | {"challenge": b64(challenge)}
    with pytest.raises(errors.PasskeyChallengeInvalid):
        send_second_step(loaded, key.get(options, ORIGIN))
    assert reasons(Kind.SECOND_STEP_FAILED) == ["passkey_challenge_invalid"]


def test_a_challenge_lives_ten_minutes(owner, clock):
    key = passkeys.add(owner)
    loaded = begin(owner)
    late = passkeys.asked(loaded)
    clock.shift(timedelta(minutes=9, seconds=59))
    in_time = key.get(late, ORIGIN)
    clock.shift(timedelta(seconds=1))
    with pytest.raises(errors.PasskeyChallengeInvalid):
        send_second_step(loaded, in_time)
    assert challenges.forget(now=timezone.now()) == 1
    fresh = passkeys.asked(loaded)
    clock.shift(timedelta(minutes=9, seconds=59))
    assert challenges.forget(now=timezone.now()) == 0
    send_second_step(loaded, key.get(fresh, ORIGIN))


def test_a_made_up_challenge_and_one_of_another_session_are_refused(owner):
    key = passkeys.add(owner)
    loaded, other = begin(owner), begin(owner)
    for options in (passkeys.asked(other), passkeys.asked(loaded) | {"challenge": "AAAA"}):
        with pytest.raises(errors.PasskeyChallengeInvalid):
            send_second_step(loaded, key.get(options, ORIGIN))


def test_nothing_of_a_challenge_is_kept_in_clear(owner):
    passkeys.add(owner)
    options = passkeys.asked(begin(owner))
    kept = Challenge.objects.get()
    assert len(unb64(options["challenge"])) == 32
    assert unb64(options["challenge"]) not in (bytes(kept.hash), bytes(kept.bound_to))


@pytest.mark.parametrize("who", ["colleague", "outsider"])
def test_somebody_elses_passkey_is_refused_whatever_handle_it_says(owner, request, who):
    mine = passkeys.add(owner)
    theirs = passkeys.add(request.getfixturevalue(who))
    for handle in (theirs.user_handle, mine.user_handle, None):
        with pytest.raises(errors.PasskeyNotOffered):
            prove_second_step(begin(owner), theirs, user_handle=handle)
    assert set(reasons(Kind.SECOND_STEP_FAILED)) == {"passkey_not_offered"}


def test_a_passkey_of_another_host_is_not_offered(owner):
    key = passkeys.add(owner)
    Passkey.objects.update(rp_id="old.example")
    with pytest.raises(errors.PasskeyNotOffered):
        passkeys.asked(begin(owner))
    support.enable_app(owner)
    assert key.rp_id == "localhost"


def test_a_wrong_answer_changes_nothing_but_the_count(owner):
    key = passkeys.add(owner)
    before = (only().sign_count, Factor.objects.get().last_used_at)
    with pytest.raises(errors.PasskeySignatureWrong):
        prove_second_step(begin(owner), key, signed=b"something else", count=99)
    assert (only().sign_count, Factor.objects.get().last_used_at) == before
    assert Factor.objects.get().failures_in_a_row == 1
    assert reasons(Kind.SECOND_STEP_FAILED) == ["passkey_signature_wrong"]


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


def test_a_counter_that_goes_back_is_told_and_no_dead_end(owner):
    key = passkeys.add(owner)
    loaded = reload(prove_second_step(begin(owner), key, count=9))
    assert not support.events(Kind.PASSKEY_COUNTER)
    prove_second_step(begin(owner), key, count=5)
    assert support.events(Kind.PASSKEY_COUNTER)[0].details == {"factor": "Laptop"}
    assert only().sign_count == 9
    assert loaded.facts.session is not None


def test_authenticators_that_do_not_count_are_no_alarm(owner):
    key = passkeys.add(owner, SoftKey(counts=False))
    for _ in range(2):
        prove_second_step(begin(owner), key)
    assert not support.events(Kind.PASSKEY_COUNTER)


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
    after = reload(sign_in(key))
    session = after.facts.session
    assert session is not None
    assert (session.password_at, session.passkey_at) == (None, timezone.now())
    assert session.factor_id == Factor.objects.get().id
    assert after.browser.next_path == "/activity/"
    assert next_step(after.facts, Need.THROUGH, now=timezone.now()) is Step.THROUGH


def test_options_are_the_same_for_everybody(owner):
    passkeys.add(owner)
    options = passkey_sign_in.begin(browser_token=BROWSER, party=PARTY, now=timezone.now())
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
        sign_in(key, **given)
    assert type(refused.value) is refusal
    assert reasons(Kind.SIGN_IN_FAILED) == [refusal.code]
    assert not Session.objects.exists()


def test_the_challenge_belongs_to_the_browser_that_asked(owner):
    key = passkeys.add(owner)
    with pytest.raises(errors.PasskeyChallengeInvalid):
        sign_in(key, asked_by="somebody else's browser")
    loaded = begin(owner)
    with pytest.raises(errors.PasskeyChallengeInvalid):
        send_sign_in(key.get(passkeys.asked(loaded), ORIGIN))


def test_an_answer_signs_in_once(owner):
    key = passkeys.add(owner)
    options = passkey_sign_in.begin(browser_token=BROWSER, party=PARTY, now=timezone.now())
    answer = key.get(options, ORIGIN)
    send_sign_in(answer)
    with pytest.raises(errors.PasskeyChallengeInvalid):
        send_sign_in(answer)


@pytest.mark.parametrize("status", [Status.INVITED, Status.SUSPENDED, Status.REMOVED])
def test_somebody_who_is_not_active_does_not_get_in(owner, status):
    key = passkeys.add(owner)
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(status=status)
    with pytest.raises(errors.PasskeyUnknown):
        sign_in(key)


def test_nobody_of_a_customer_who_is_not_active_gets_in(owner):
    key = passkeys.add(owner)
    Customer.objects.filter(id=owner.customer_id).update(status=CustomerStatus.SUSPENDED)
    with pytest.raises(errors.PasskeyUnknown):
        sign_in(key)


def test_a_key_that_never_verified_anybody_has_to_do_so_beside_the_password_first(owner):
    key = passkeys.add(owner, SoftKey(flags=UP))
    with pytest.raises(errors.PasskeyNotVerified):
        sign_in(key, flags=UP | UV)
    prove_second_step(begin(owner), key, flags=UP)
    assert not only().user_verified
    prove_second_step(begin(owner), key, flags=UP | UV)
    assert only().user_verified
    assert sign_in(key, flags=UP | UV)


def test_a_session_without_a_password_needs_it_once_there_is_no_factor(owner):
    key = passkeys.add(owner)
    started = sign_in(key)
    loaded = reload(started)
    given = Given(key.get(passkeys.asked(loaded, Purpose.DISABLE), ORIGIN), Purpose.DISABLE, PARTY)
    by = loaded.by(WHERE)
    services.disable(loaded=loaded, proof=given, by=by, now=timezone.now())
    loaded = reload(started)
    fresh = Need.proof(OWN_SECURITY)
    assert next_step(loaded.facts, fresh, now=timezone.now()) is Step.PROVE_AGAIN


def test_a_browser_that_was_signed_in_with_before_is_known(owner):
    key = passkeys.add(owner)
    first = reload(sign_in(key))
    assert not first.browser.known_browser
    Session.objects.update(signed_in_at=timezone.now())
    second = reload(sign_in(key))
    assert second.browser.known_browser
    assert second.browser.previous_at == Session.objects.earliest("created_at").signed_in_at
    assert not reload(sign_in(key, browser="c" * 43, asked_by="c" * 43)).browser.known_browser


def test_failures_without_a_known_passkey_count_for_the_address(owner, clock):
    key = passkeys.add(owner)
    for _ in range(100):
        with pytest.raises(errors.Refusal):
            send_sign_in("{}")
    with pytest.raises(errors.MustWait):
        sign_in(key)


# --- at once --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_one_challenge_twenty_times_at_once_is_taken_once():
    person = support.make_administrator(support.make_customer())
    key = passkeys.add(person)
    options = passkey_sign_in.begin(browser_token=BROWSER, party=PARTY, now=timezone.now())
    answer = key.get(options, ORIGIN)
    outcomes = at_once([partial(send_sign_in, answer)] * 20)
    refused = [one for one in outcomes if isinstance(one, Exception)]
    assert len(refused) == 19
    assert {type(one) for one in refused} == {errors.PasskeyChallengeInvalid}
    assert Session.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_second_step_twenty_times_at_once_is_taken_once():
    person = support.make_administrator(support.make_customer())
    key = passkeys.add(person)
    loaded = begin(person)
    answer = key.get(passkeys.asked(loaded), ORIGIN)
    outcomes = at_once([partial(send_second_step, loaded, answer)] * 20)
    taken = [one for one in outcomes if not isinstance(one, Exception)]
    assert len(taken) == 1


@pytest.mark.django_db(transaction=True)
def test_one_registration_twenty_times_at_once_makes_one_passkey():
    person = support.make_administrator(support.make_customer())
    loaded = begin(person)
    options = passkey_set_up.begin(loaded=loaded, party=PARTY, now=timezone.now())
    answer = SoftKey().create(options, ORIGIN)
    at_once([partial(send_registration, loaded, answer)] * 20)
    assert Passkey.objects.count() == Factor.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_id_for_two_people_at_once_is_one_persons():
    customer = support.make_customer()
    people = [
        support.make_administrator(customer, email=f"p{number}@harbourbakery.example")
        for number in range(4)
    ]
    calls = []
    for person in people:
        loaded = begin(person)
        options = passkey_set_up.begin(loaded=loaded, party=PARTY, now=timezone.now())
        answer = SoftKey(credential_id=b"\x05" * 32).create(options, ORIGIN)
        calls.append(partial(send_registration, loaded, answer))
    at_once(calls)
    assert Passkey.objects.count() == Factor.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_sign_ins_at_once_the_higher_count_stays():
    person = support.make_administrator(support.make_customer())
    key = passkeys.add(person)
    calls = []
    for count in (8, 7, 9, 6):
        options = passkey_sign_in.begin(browser_token=BROWSER, party=PARTY, now=timezone.now())
        calls.append(partial(send_sign_in, key.get(options, ORIGIN, count=count)))
    at_once(calls)
    assert only().sign_count == 9
