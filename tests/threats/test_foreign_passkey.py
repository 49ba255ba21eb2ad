"""A passkey of somebody else, of this customer or another, opens nothing, whatever it says of itself."""

from __future__ import annotations

from functools import partial

import pytest
from django.utils import timezone

from doorward.administrators.models import Session
from doorward.audit.events import Kind
from doorward.core import errors
from doorward.mfa import passkey_proving, services
from doorward.mfa.challenges import Purpose
from doorward.mfa.models import Factor, Passkey
from doorward.mfa.passkey_proving import Given
from tests import passkeys, support
from tests.passkeys import ORIGIN, PARTY, WHERE, asked, begin, prove_second_step, reload
from tests.racing import at_once
from tests.softkey import SoftKey

pytestmark = pytest.mark.django_db
OTHERS = ["colleague", "outsider"]


@pytest.mark.parametrize("who", OTHERS)
def test_somebody_elses_passkey_is_refused_whatever_handle_it_says(owner, request, who):
    mine = passkeys.add(owner)
    theirs = passkeys.add(request.getfixturevalue(who))
    for handle in (theirs.user_handle, mine.user_handle, None):
        with pytest.raises(errors.PasskeyNotOffered):
            prove_second_step(begin(owner), theirs, user_handle=handle)
    assert set(passkeys.reasons(Kind.SECOND_STEP_FAILED)) == {"passkey_not_offered"}


@pytest.mark.parametrize("who", OTHERS)
def test_nor_is_it_a_fresh_proof_or_one_to_disable_with(owner, request, who):
    mine, theirs = passkeys.add(owner), passkeys.add(request.getfixturevalue(who))
    loaded = reload(prove_second_step(begin(owner), mine))
    by, now = loaded.by(WHERE), timezone.now()
    for purpose, use in (
        (Purpose.PROVE, lambda given: passkey_proving.prove_again(
            loaded=loaded, given=given, by=by, now=now)),
        (Purpose.DISABLE, lambda given: services.disable(
            loaded=loaded, proof=given, by=by, now=now)),
    ):  # fmt: skip
        answer = theirs.get(asked(loaded, purpose), ORIGIN, user_handle=mine.user_handle)
        with pytest.raises(errors.PasskeyNotOffered):
            use(Given(answer, purpose, PARTY))
    assert Factor.objects.count() == 2


@pytest.mark.parametrize("who", OTHERS)
def test_alone_it_signs_in_its_own_person_and_nobody_it_says_it_is(owner, request, who):
    mine, theirs = passkeys.add(owner), passkeys.add(request.getfixturevalue(who))
    with pytest.raises(errors.PasskeyWrongPerson):
        passkeys.sign_in_alone(theirs, user_handle=mine.user_handle)
    with pytest.raises(errors.PasskeySignatureWrong):
        passkeys.sign_in_alone(theirs, id=mine.credential_id, user_handle=mine.user_handle)
    assert not Session.objects.exists()
    passkeys.sign_in_alone(theirs)
    assert Session.objects.get().administrator != owner


@pytest.mark.parametrize("who", ["owner", "colleague", "outsider"])
def test_an_id_that_anybody_has_is_not_taken_again(who, owner, request):
    key = passkeys.add(request.getfixturevalue(who))
    with pytest.raises(errors.PasskeyRegistered):
        passkeys.register(
            begin(owner, factor_at=timezone.now()), SoftKey(credential_id=key.credential_id)
        )
    assert Passkey.objects.count() == Factor.objects.count() == 1
    assert passkeys.reasons(Kind.TWO_FACTOR_ENABLE_FAILED) == ["passkey_registered"]


def test_a_passkey_of_another_host_is_not_offered(owner):
    key = passkeys.add(owner)
    Passkey.objects.update(rp_id="old.example")
    with pytest.raises(errors.PasskeyNotOffered):
        asked(begin(owner))
    support.enable_app(owner)
    assert key.rp_id == "localhost"


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
        options = passkeys.asked_to_make(loaded)
        answer = SoftKey(credential_id=b"\x05" * 32).create(options, ORIGIN)
        calls.append(partial(passkeys.send_registration, loaded, answer))
    at_once(calls)
    assert Passkey.objects.count() == Factor.objects.count() == 1
