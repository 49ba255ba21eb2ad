"""What a passkey's answer must fulfil: right ones of every kind, and everything that is wrong with one."""

from __future__ import annotations

import json
from itertools import product
from typing import Any, TypeAlias

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES384
from fido2.server import Fido2Server
from fido2.webauthn import AttestedCredentialData, PublicKeyCredentialRpEntity

from doorward.credentials.errors import (
    PasskeyAlgorithmNotOffered,
    PasskeyBackupChanged,
    PasskeyBackupInvalid,
    PasskeyChallengeInvalid,
    PasskeyEmbedded,
    PasskeyIdTooLong,
    PasskeyNotOffered,
    PasskeyNotPresent,
    PasskeyNotVerified,
    PasskeySignatureWrong,
    PasskeyUnreadable,
    PasskeyWrongOrigin,
    PasskeyWrongPerson,
    PasskeyWrongRelyingParty,
    PasskeyWrongType,
)
from doorward.credentials.passkeys.answers import Expected, base64url, read_answer
from doorward.credentials.passkeys.options import Described, Party, User, for_creation, for_request
from doorward.credentials.passkeys.rules import (
    Known,
    check_assertion,
    check_registration,
    went_back,
)
from doorward.kernel.errors import Refusal
from tests.kit.softkey import ALGORITHMS, AT, BE, BS, SYNCED, UP, UV, SoftKey, b64, unb64

Damage: TypeAlias = dict[str, tuple[type[Refusal], dict[str, Any]]]

ORIGIN = "https://portal.example"
PARTY = Party(id="portal.example", origin=ORIGIN, name="Northwind Telecom")
HANDLE = bytes(range(64))
CHALLENGE = bytes(range(32))
OTHER = bytes(32)
EXPECTED = Expected(challenge=CHALLENGE, origin=ORIGIN, rp_id=PARTY.id)
VERIFIED = Expected(challenge=CHALLENGE, origin=ORIGIN, rp_id=PARTY.id, verified=True, handle=True)
USER = User(handle=HANDLE, name="ines@harbourbakery.example", display_name="Ines Moreau")
CREATION = for_creation(challenge=CHALLENGE, party=PARTY, user=USER, exclude=())
FLAGS = [
    UP, UP | UV, UP | BE, UP | UV | BE, UP | BE | BS, UP | UV | BE | BS,
]  # fmt: skip


def request_for(key: SoftKey):
    allow = [Described(key.credential_id)]
    return for_request(challenge=CHALLENGE, party=PARTY, allow=allow, verified=False)


def registered(key: SoftKey):
    made = check_registration(read_answer(key.create(CREATION, ORIGIN)), EXPECTED)
    return made, Known(
        credential_id=made.credential_id,
        public_key=made.public_key,
        user_handle=HANDLE,
        backup_eligible=made.backup_eligible,
    )


def asserted(key, known, expected=EXPECTED, **given):
    answer = key.get(request_for(key), given.pop("origin", ORIGIN), **given)
    return check_assertion(read_answer(answer), expected, known)


# --- what is right --------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "flags"), [*product(ALGORITHMS, FLAGS)])
def test_right_answers_pass_in_each_algorithm_and_with_each_combination_of_flags(name, flags):
    key = SoftKey(ALGORITHMS[name], flags=flags)
    made, known = registered(key)
    assert made.credential_id == key.credential_id
    assert made.user_verified == bool(flags & UV)
    assert (made.backup_eligible, made.backed_up) == (bool(flags & BE), bool(flags & BS))
    assert made.transports == ("hybrid", "internal")
    shown = asserted(key, known)
    assert shown.sign_count == 2
    assert shown.user_verified == bool(flags & UV)
    assert shown.backed_up == bool(flags & BS)


def test_a_passkey_that_is_synced_later_still_signs_in():
    key = SoftKey(flags=UP | UV | BE)
    _, known = registered(key)
    assert asserted(key, known, flags=UP | UV | SYNCED).backed_up


def test_a_passkey_may_attest_itself():
    key = SoftKey()
    answer = read_answer(key.create(CREATION, ORIGIN, self_attested=True))
    assert check_registration(answer, EXPECTED).credential_id == key.credential_id


def test_an_id_of_1023_bytes_is_the_longest():
    key = SoftKey(credential_id=b"\x07" * 1023)
    made, known = registered(key)
    assert len(made.credential_id) == 1023
    assert asserted(key, known).user_verified


def test_a_byte_order_mark_is_stripped_before_our_own_checks():
    key = SoftKey()
    text = key.get(request_for(key), ORIGIN, before=b"\xef\xbb\xbf")
    assert read_answer(text).client_data["origin"] == ORIGIN


def test_a_known_person_needs_no_user_handle():
    key = SoftKey()
    _, known = registered(key)
    assert asserted(key, known, user_handle=None).user_verified


@pytest.mark.parametrize(
    ("stored", "shown", "back"),
    [(0, 0, False), (0, 1, False), (5, 6, False), (5, 5, True), (5, 4, True), (5, 0, True)],
)
def test_a_counter_that_does_not_go_up_is_seen(stored, shown, back):
    assert went_back(stored=stored, shown=shown) is back


# --- what is asked for ----------------------------------------------------------------------------


def test_options_ask_for_what_the_standard_advises():
    exclude = [Described(b"one", ("usb",))]
    options = for_creation(challenge=CHALLENGE, party=PARTY, user=USER, exclude=exclude)
    assert [one["alg"] for one in options["pubKeyCredParams"]] == [-8, -7, -257]
    assert options["timeout"] == 300_000
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"]["residentKey"] == "preferred"
    assert options["authenticatorSelection"]["requireResidentKey"] is False
    assert options["authenticatorSelection"]["userVerification"] == "preferred"
    assert options["excludeCredentials"] == [
        {"type": "public-key", "id": b64(b"one"), "transports": ["usb"]}
    ]
    assert unb64(options["user"]["id"]) == HANDLE
    asked = for_request(challenge=CHALLENGE, party=PARTY, allow=(), verified=True)
    assert (asked["allowCredentials"], asked["userVerification"]) == ([], "required")
    assert asked["timeout"] == 300_000
    json.dumps([options, asked])


# --- what is wrong with a registration ------------------------------------------------------------

_ES384 = cbor.encode(
    dict(ES384.from_cryptography_key(ec.generate_private_key(ec.SECP384R1()).public_key()))
)
_OFF_CURVE = cbor.encode({1: 2, 3: -7, -1: 1, -2: b"\x01" * 32, -3: b"\x02" * 32})
_RSA_AS_ES256 = cbor.encode({1: 3, 3: -7, -1: b"\x01" * 256, -2: b"\x01\x00\x01"})
DAMAGED_REGISTRATIONS: Damage = {
    "another challenge": (PasskeyChallengeInvalid, {"data": {"challenge": b64(OTHER)}}),
    "an empty challenge": (PasskeyChallengeInvalid, {"data": {"challenge": ""}}),
    "no challenge": (PasskeyUnreadable, {"without": ["challenge"]}),
    "an assertion's type": (PasskeyWrongType, {"data": {"type": "webauthn.get"}}),
    "no type": (PasskeyWrongType, {"without": ["type"]}),
    "http": (PasskeyWrongOrigin, {"data": {"origin": "http://portal.example"}}),
    "another port": (PasskeyWrongOrigin, {"data": {"origin": f"{ORIGIN}:8443"}}),
    "a subdomain": (PasskeyWrongOrigin, {"data": {"origin": "https://a.portal.example"}}),
    "the parent domain": (PasskeyWrongOrigin, {"data": {"origin": "https://example"}}),
    "a look-alike": (PasskeyWrongOrigin, {"data": {"origin": "https://portal.examp1e"}}),
    "a trailing slash": (PasskeyWrongOrigin, {"data": {"origin": f"{ORIGIN}/"}}),
    "a list of origins": (PasskeyWrongOrigin, {"data": {"origin": [ORIGIN]}}),
    "no origin": (PasskeyWrongOrigin, {"without": ["origin"]}),
    "cross-origin": (PasskeyEmbedded, {"data": {"crossOrigin": True}}),
    "cross-origin in words": (PasskeyEmbedded, {"data": {"crossOrigin": "false"}}),
    "cross-origin as 0": (PasskeyEmbedded, {"data": {"crossOrigin": 0}}),
    "a top origin": (PasskeyEmbedded, {"data": {"topOrigin": "https://evil.example"}}),
    "our own top origin": (PasskeyEmbedded, {"data": {"topOrigin": ORIGIN}}),
    "another relying party": (PasskeyWrongRelyingParty, {"rp_id": "example.org"}),
    "the origin as relying party": (PasskeyWrongRelyingParty, {"rp_id": ORIGIN}),
    "nobody there": (PasskeyNotPresent, {"flags": UV}),
    "synced without being able to": (PasskeyBackupInvalid, {"flags": UP | BS}),
    "an id of 1024 bytes": (
        PasskeyIdTooLong,
        {"attested_id": b"\x07" * 1024, "id": b"\x07" * 1024},
    ),
    "an empty id": (PasskeyUnreadable, {"attested_id": b"", "id": b""}),
    "another id inside": (PasskeyUnreadable, {"attested_id": b"\x09" * 32}),
    "another id outside": (PasskeyUnreadable, {"id": b"\x09" * 32}),
    "an algorithm not offered": (PasskeyAlgorithmNotOffered, {"public_key": _ES384}),
    "a point that is on no curve": (PasskeyUnreadable, {"public_key": _OFF_CURVE}),
    "a key of another type": (PasskeyUnreadable, {"public_key": _RSA_AS_ES256}),
    "no key": (PasskeyUnreadable, {"public_key": b""}),
    "a number as key": (PasskeyUnreadable, {"public_key": b"\x04"}),
    "something after the key": (PasskeyUnreadable, {"after": b"\x00"}),
    "truncated CBOR": (PasskeyUnreadable, {"cut": -20}),
    "no CBOR at all": (PasskeyUnreadable, {"cut": 0}),
    "no authenticator data": (PasskeyUnreadable, {"statement": {"authData": b""}}),
    "authenticator data as text": (PasskeyUnreadable, {"statement": {"authData": "x" * 99}}),
    "client data in UTF-16": (
        PasskeyUnreadable,
        {"client": json.dumps({"type": "webauthn.create"}).encode("utf-16")},
    ),
    "client data that is a list": (PasskeyUnreadable, {"client": b"[]"}),
    "client data that is nested without end": (PasskeyUnreadable, {"client": b"[" * 5000}),
    "client data that is no JSON": (PasskeyUnreadable, {"client": b"{"}),
    "padding": (PasskeyUnreadable, {"response": {"clientDataJSON": "e30="}}),
    "plain base64": (PasskeyUnreadable, {"response": {"clientDataJSON": "+/+/"}}),
    "no attestation": (PasskeyUnreadable, {"response": {"attestationObject": None}}),
    "a list as response": (PasskeyUnreadable, {"answer": {"response": []}}),
    "another type of credential": (PasskeyUnreadable, {"answer": {"type": "password"}}),
    "an id that is a number": (PasskeyUnreadable, {"answer": {"id": 1, "rawId": 1}}),
    "ids that differ": (PasskeyUnreadable, {"answer": {"rawId": "AAAA"}}),
}


# Statements of attestation that nobody asked for, as devices and password managers send them, whole and broken.
_FORMATS = [
    "packed",
    "tpm",
    "android-key",
    "android-safetynet",
    "fido-u2f",
    "apple",
    "none",
    "compound",
    "made-up",
]
_STATEMENTS: dict[str, Any] = {
    "empty": {},
    "with a chain": {"alg": -7, "sig": b"\x00" * 70, "x5c": [b"\x30\x00", b"no certificate"]},
    "with a broken signature": {"alg": -7, "sig": b"x"},
    "of a TPM": {"ver": "2.0", "certInfo": b"", "pubArea": b"\x00", "sig": b"", "alg": -65535, "x5c": []},
    "of SafetyNet": {"ver": "1", "response": b"a.b.c"},
    "that is a list": [{"fmt": "packed", "attStmt": {}}],
    "that is a text": "none",
    "that is a number": 7,
}  # fmt: skip


@pytest.mark.parametrize(("fmt", "what"), [*product(_FORMATS, _STATEMENTS)])
def test_a_statement_that_nobody_asked_for_is_not_evaluated(fmt, what):
    key = SoftKey()
    statement = {"fmt": fmt, "attStmt": _STATEMENTS[what]}
    answer = read_answer(key.create(CREATION, ORIGIN, statement=statement))
    assert check_registration(answer, EXPECTED).credential_id == key.credential_id


@pytest.mark.parametrize("whole", [{"authData": "x"}, {"authData": b"x"}, {"fmt": "none"}, [], 1])
def test_an_attestation_object_still_has_authenticator_data(whole):
    given = {"response": {"attestationObject": b64(cbor.encode(whole))}}
    with pytest.raises(PasskeyUnreadable):
        check_registration(read_answer(SoftKey().create(CREATION, ORIGIN, **given)), EXPECTED)


@pytest.mark.parametrize("said", ["", "cross-platform", "made-up", 7, None, ["platform"]])
def test_what_a_browser_says_besides_makes_nothing_fail(said):
    key, besides = SoftKey(), {"answer": {"authenticatorAttachment": said}}
    made = check_registration(read_answer(key.create(CREATION, ORIGIN, **besides)), EXPECTED)
    known = Known(made.credential_id, made.public_key, HANDLE, made.backup_eligible)
    assert asserted(key, known, **besides).user_verified


@pytest.mark.parametrize(
    ("extensions", "found"),
    [
        ({"credProps": {"rk": True}}, True),
        ({"credProps": {"rk": False}}, False),
        ({"credProps": {"rk": "yes"}}, None),
        ({"credProps": {}}, None),
        ({"credProps": [True]}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_whether_it_can_be_found_without_a_name_is_what_the_browser_says(extensions, found):
    given = {"answer": {"clientExtensionResults": extensions}}
    answer = read_answer(SoftKey().create(CREATION, ORIGIN, **given))
    assert check_registration(answer, EXPECTED).discoverable is found


@pytest.mark.parametrize("what", DAMAGED_REGISTRATIONS)
def test_a_damaged_registration_is_refused_with_its_reason(what):
    refusal, given = DAMAGED_REGISTRATIONS[what]
    answer = SoftKey().create(CREATION, ORIGIN, **given)
    with pytest.raises(Refusal) as refused:
        check_registration(read_answer(answer), EXPECTED)
    assert type(refused.value) is refusal


def test_verification_is_wanted_where_it_was_required():
    key = SoftKey(flags=UP)
    with pytest.raises(PasskeyNotVerified):
        check_registration(read_answer(key.create(CREATION, ORIGIN)), VERIFIED)


@pytest.mark.parametrize("text", ["", "null", "[]", "{", "1", '"x"', "[" * 9000, '{"id": "a"}'])
def test_what_is_no_answer_cannot_be_read(text):
    with pytest.raises(PasskeyUnreadable):
        read_answer(text)


# --- what is wrong with an assertion --------------------------------------------------------------

DAMAGED_ASSERTIONS: Damage = {
    "another challenge": (PasskeyChallengeInvalid, {"data": {"challenge": b64(OTHER)}}),
    "a registration's type": (PasskeyWrongType, {"data": {"type": "webauthn.create"}}),
    "a payment's type": (PasskeyWrongType, {"data": {"type": "payment.get"}}),
    "http": (PasskeyWrongOrigin, {"data": {"origin": "http://portal.example"}}),
    "another port": (PasskeyWrongOrigin, {"data": {"origin": f"{ORIGIN}:8443"}}),
    "a subdomain": (PasskeyWrongOrigin, {"data": {"origin": "https://a.portal.example"}}),
    "another letter case": (PasskeyWrongOrigin, {"data": {"origin": ORIGIN.upper()}}),
    "an app's origin": (
        PasskeyWrongOrigin,
        {"data": {"origin": "android:apk-key-hash:AAAA"}},
    ),
    "cross-origin": (PasskeyEmbedded, {"data": {"crossOrigin": True}}),
    "cross-origin as null": (PasskeyEmbedded, {"data": {"crossOrigin": None}}),
    "a top origin": (PasskeyEmbedded, {"data": {"topOrigin": "https://evil.example"}}),
    "another relying party": (PasskeyWrongRelyingParty, {"rp_id": "example.org"}),
    "nobody there": (PasskeyNotPresent, {"flags": UV}),
    "nobody verified": (PasskeyNotVerified, {"flags": UP}),
    "synced without being able to": (PasskeyBackupInvalid, {"flags": UP | UV | BS}),
    "able to be synced all at once": (PasskeyBackupChanged, {"flags": UP | UV | BE}),
    "another's user handle": (PasskeyWrongPerson, {"user_handle": OTHER}),
    "an empty user handle": (PasskeyWrongPerson, {"user_handle": b""}),
    "no user handle": (PasskeyWrongPerson, {"user_handle": None}),
    "another's id": (PasskeyNotOffered, {"id": b"\x09" * 32}),
    "no signature": (PasskeySignatureWrong, {"response": {"signature": ""}}),
    "a made-up signature": (PasskeySignatureWrong, {"signature": b"\x30\x00"}),
    "signed something else": (PasskeySignatureWrong, {"signed": b"something else"}),
    "a signature that is a number": (PasskeyUnreadable, {"response": {"signature": 1}}),
    "cut authenticator data": (PasskeyUnreadable, {"cut": 36}),
    "no authenticator data": (PasskeyUnreadable, {"cut": 0}),
    "something after it": (PasskeyUnreadable, {"after": b"\x00"}),
    "attested data that is not there": (PasskeyUnreadable, {"flags": UP | UV | AT}),
}


@pytest.mark.parametrize("what", DAMAGED_ASSERTIONS)
def test_a_damaged_assertion_is_refused_with_its_reason(what):
    refusal, given = DAMAGED_ASSERTIONS[what]
    key = SoftKey()
    _, known = registered(key)
    with pytest.raises(Refusal) as refused:
        asserted(key, known, VERIFIED, **given)
    assert type(refused.value) is refusal


def test_at_least_forty_kinds_of_damage_are_tried():
    assert len(DAMAGED_REGISTRATIONS) + len(DAMAGED_ASSERTIONS) >= 40


@pytest.mark.parametrize("algorithm", ALGORITHMS.values())
@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature"])
def test_one_bit_of_any_signed_part_makes_it_wrong(algorithm, part):
    key = SoftKey(algorithm)
    _, known = registered(key)
    answer = json.loads(key.get(request_for(key), ORIGIN))
    value = bytearray(unb64(answer["response"][part]))
    # In client data a letter of a name that nobody reads: what is read has a refusal of its own.
    place = value.index(b"crossOrigin") if part == "clientDataJSON" else len(value) - 1
    value[place] ^= 0x01
    answer["response"][part] = b64(bytes(value))
    with pytest.raises(PasskeySignatureWrong):
        check_assertion(read_answer(json.dumps(answer)), EXPECTED, known)


def test_another_key_does_not_answer_for_it():
    key, other = SoftKey(), SoftKey()
    _, known = registered(key)
    other.create(CREATION, ORIGIN)
    other.credential_id = key.credential_id
    with pytest.raises(PasskeySignatureWrong):
        asserted(other, known)


# --- a second implementation, which nobody here wrote ---------------------------------------------


@pytest.mark.parametrize("algorithm", ALGORITHMS.values())
def test_the_server_of_python_fido2_says_the_same_of_our_authenticator(algorithm):
    server = Fido2Server(
        PublicKeyCredentialRpEntity(name="x", id=PARTY.id), verify_origin=lambda one: one == ORIGIN
    )
    key = SoftKey(algorithm)
    state = {"challenge": base64url(CHALLENGE), "user_verification": "required"}
    theirs = server.register_complete(state, json.loads(key.create(CREATION, ORIGIN)))
    data = theirs.credential_data
    assert isinstance(data, AttestedCredentialData)
    made, known = registered(key)
    assert made.public_key == cbor.encode(dict(data.public_key))
    answer = key.get(request_for(key), ORIGIN)
    assert server.authenticate_complete(state, [data], json.loads(answer)) == data
    assert check_assertion(read_answer(answer), EXPECTED, known).user_verified
