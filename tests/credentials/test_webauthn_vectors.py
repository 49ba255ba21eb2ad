"""The test vectors of WebAuthn Level 3, section 16: what others signed passes here, or is refused by name."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doorward.credentials.errors import (
    PasskeyAlgorithmNotOffered,
    PasskeyChallengeInvalid,
    PasskeyEmbedded,
    PasskeySignatureWrong,
    PasskeyWrongOrigin,
    PasskeyWrongPerson,
    PasskeyWrongRelyingParty,
)
from doorward.credentials.passkeys.answers import Answer, Expected, read_answer
from doorward.credentials.passkeys.rules import Known, check_assertion, check_registration
from tests.kit.softkey import b64

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "webauthn_vectors.json").read_text()
)["vectors"]
EMBEDDED = ["none-es256-crossOrigin", "none-es256-topOrigin"]
NOT_OFFERED = ["packed-es384", "packed-es512", "packed-ed448"]
RIGHT = [name for name in VECTORS if name not in EMBEDDED + NOT_OFFERED]
# The section's authenticators know nobody by a handle.
HANDLE = bytes(64)


def ceremony(name: str, which: str) -> tuple[Answer, Expected]:
    """Return what a browser would send of a vector, and what it is to be held against."""
    parts = {key: bytes.fromhex(value) for key, value in VECTORS[name][which].items()}
    challenge = parts.pop("challenge")
    id = b64(bytes.fromhex(VECTORS[name]["credential_id"]))
    response = {key: b64(value) for key, value in parts.items()}
    answer = {"id": id, "rawId": id, "type": "public-key", "response": response}
    expected = Expected(challenge, "https://example.org", "example.org")
    return read_answer(json.dumps(answer)), expected


def registered(name: str) -> Known:
    new = check_registration(*ceremony(name, "registration"))
    return Known(new.credential_id, new.public_key, HANDLE, new.backup_eligible)


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_vector_is_registered_and_signs_in(name):
    shown = check_assertion(*ceremony(name, "authentication"), registered(name))
    flags = bytes.fromhex(VECTORS[name]["authentication"]["authenticatorData"])[32]
    assert shown.user_verified == bool(flags & 0x04)
    assert shown.backed_up == bool(flags & 0x10)
    assert shown.sign_count == 0


def test_the_long_credential_id_is_as_long_as_any_may_be():
    assert len(registered("none-es256-long-credential-id").credential_id) == 1023


@pytest.mark.parametrize("name", EMBEDDED)
def test_a_vector_from_within_another_page_is_refused(name):
    with pytest.raises(PasskeyEmbedded):
        check_registration(*ceremony(name, "registration"))
    answer, expected = ceremony(name, "authentication")
    known = Known(answer.credential_id, b"", HANDLE, backup_eligible=False)
    with pytest.raises(PasskeyEmbedded):
        check_assertion(answer, expected, known)


@pytest.mark.parametrize("name", NOT_OFFERED)
def test_a_vector_of_an_algorithm_that_is_not_offered_is_refused(name):
    with pytest.raises(PasskeyAlgorithmNotOffered):
        check_registration(*ceremony(name, "registration"))


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_vector_is_refused_elsewhere_and_for_another_challenge(name):
    known = registered(name)
    answer, expected = ceremony(name, "authentication")
    for refusal, wrong in (
        (PasskeyChallengeInvalid, replace(expected, challenge=bytes(32))),
        (PasskeyWrongOrigin, replace(expected, origin="https://www.example.org")),
        (PasskeyWrongRelyingParty, replace(expected, rp_id="www.example.org")),
        (PasskeyWrongPerson, replace(expected, handle=True)),
    ):
        with pytest.raises(refusal):
            check_assertion(answer, wrong, known)


@pytest.mark.parametrize("name", RIGHT)
def test_one_vectors_signature_is_not_anothers(name):
    answer, expected = ceremony(name, "authentication")
    other = registered(RIGHT[RIGHT.index(name) - 1])
    known = replace(
        registered(name), public_key=other.public_key, credential_id=answer.credential_id
    )
    with pytest.raises(PasskeySignatureWrong):
        check_assertion(answer, expected, known)
