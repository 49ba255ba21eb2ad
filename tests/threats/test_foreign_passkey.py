"""A passkey of somebody else, of this customer or another, opens nothing, whatever it says of itself."""

from __future__ import annotations

from functools import partial

import pytest
from django.utils import timezone

from doorward.credentials import removal
from doorward.credentials.errors import (
    PasskeyNotOffered,
    PasskeyRegistered,
    PasskeySignatureWrong,
    PasskeyWrongPerson,
)
from doorward.credentials.events import SECOND_STEP_FAILED, TWO_FACTOR_ENABLE_FAILED
from doorward.credentials.models import Factor, Passkey
from doorward.credentials.passkeys import verify
from doorward.credentials.passkeys.challenges import Purpose
from doorward.credentials.passkeys.verify import Given
from doorward.sessions.models import Session
from tests.kit import codes, passkeys
from tests.kit import people as kit_people
from tests.kit.passkeys import ORIGIN, PARTY, WHERE, asked, begin, reload, verify_second_step
from tests.kit.racing import at_once
from tests.kit.softkey import SoftKey

pytestmark = pytest.mark.django_db
OTHERS = ["colleague", "outsider"]


@pytest.mark.parametrize("who", OTHERS)
def test_somebody_elses_passkey_is_refused_whatever_handle_it_says(owner, request, who):
    mine = passkeys.add(owner)
    theirs = passkeys.add(request.getfixturevalue(who))
    for handle in (theirs.user_handle, mine.user_handle, None):
        with pytest.raises(PasskeyNotOffered):
            verify_second_step(begin(owner), theirs, user_handle=handle)
    assert set(passkeys.reasons(SECOND_STEP_FAILED)) == {"passkey_not_offered"}


@pytest.mark.parametrize("who", OTHERS)
def test_nor_is_it_a_fresh_proof_or_one_to_disable_with(owner, request, who):
    mine, theirs = passkeys.add(owner), passkeys.add(request.getfixturevalue(who))
    auth = reload(verify_second_step(begin(owner), mine))
    actor, now = auth.actor(WHERE), timezone.now()
    for purpose, use in (
        (Purpose.REAUTHENTICATE, lambda given: verify.reauthenticate(
            auth=auth, given=given, actor=actor, now=now)),
        (Purpose.DISABLE, lambda given: removal.disable(
            auth=auth, proof=given, actor=actor, now=now)),
    ):  # fmt: skip
        answer = theirs.get(asked(auth, purpose), ORIGIN, user_handle=mine.user_handle)
        with pytest.raises(PasskeyNotOffered):
            use(Given(answer, purpose, PARTY))
    assert Factor.objects.count() == 2


@pytest.mark.parametrize("who", OTHERS)
def test_alone_it_signs_in_its_own_person_and_nobody_it_says_it_is(owner, request, who):
    mine, theirs = passkeys.add(owner), passkeys.add(request.getfixturevalue(who))
    with pytest.raises(PasskeyWrongPerson):
        passkeys.sign_in_alone(theirs, user_handle=mine.user_handle)
    with pytest.raises(PasskeySignatureWrong):
        passkeys.sign_in_alone(theirs, id=mine.credential_id, user_handle=mine.user_handle)
    assert not Session.objects.exists()
    passkeys.sign_in_alone(theirs)
    assert Session.objects.get().administrator != owner


@pytest.mark.parametrize("who", ["owner", "colleague", "outsider"])
def test_an_id_that_anybody_has_is_not_taken_again(who, owner, request):
    key = passkeys.add(request.getfixturevalue(who))
    with pytest.raises(PasskeyRegistered):
        passkeys.register(
            begin(owner, factor_at=timezone.now()), SoftKey(credential_id=key.credential_id)
        )
    assert Passkey.objects.count() == Factor.objects.count() == 1
    assert passkeys.reasons(TWO_FACTOR_ENABLE_FAILED) == ["passkey_registered"]


def test_a_passkey_of_another_host_is_not_offered(owner):
    key = passkeys.add(owner)
    Passkey.objects.update(rp_id="old.example")
    with pytest.raises(PasskeyNotOffered):
        asked(begin(owner))
    codes.enable_app(owner)
    assert key.rp_id == "localhost"


@pytest.mark.django_db(transaction=True)
def test_the_same_id_for_two_people_at_once_is_one_persons():
    customer = kit_people.make_customer()
    people = [
        kit_people.make_administrator(customer, email=f"p{number}@harbourbakery.example")
        for number in range(4)
    ]
    calls = []
    for person in people:
        auth = begin(person)
        options = passkeys.asked_to_make(auth)
        answer = SoftKey(credential_id=b"\x05" * 32).create(options, ORIGIN)
        calls.append(partial(passkeys.send_registration, auth, answer))
    at_once(calls)
    assert Passkey.objects.count() == Factor.objects.count() == 1
