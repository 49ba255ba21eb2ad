"""A realm of Keycloak moves in: everybody signs in with the password and the app that they had."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import argon2
import pytest
from argon2.low_level import hash_secret_raw
from click.testing import CliRunner
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import Administrator, Status
from doorward.cli.base import main
from doorward.credentials.models import Factor
from doorward.credentials.totp import rules
from doorward.importing import keycloak
from doorward.importing.errors import SourceUnreadable
from tests.kit import people

PASSWORD = "an old password of somebody"
SECRET = "aB3dE6gH9jKlMnOpQrSt"


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def credential(kind: str, about: dict[str, Any], secret: dict[str, Any]) -> dict[str, Any]:
    data = {"credentialData": json.dumps(about), "secretData": json.dumps(secret)}
    return {"type": kind, "userLabel": "My phone", **data}


def pbkdf2(digest: str, length: int) -> dict[str, Any]:
    derived = hashlib.pbkdf2_hmac(digest, PASSWORD.encode(), b"0123456789abcdef", 1000, length)
    name = "pbkdf2" if digest == "sha1" else f"pbkdf2-{digest}"
    about = {"hashIterations": 1000, "algorithm": name, "additionalParameters": {}}
    secret = {"value": b64(derived), "salt": b64(b"0123456789abcdef")}
    return credential("password", about, secret | {"additionalParameters": {}})


def argon2id() -> dict[str, Any]:
    salt = b"0123456789abcdef"
    derived = hash_secret_raw(PASSWORD.encode(), salt, 5, 64, 1, 32, argon2.Type.ID)
    more = {"memory": ["64"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"]}
    about = {"hashIterations": 5, "algorithm": "argon2", "additionalParameters": more}
    return credential("password", about, {"value": b64(derived), "salt": b64(salt)})


def otp(**more: Any) -> dict[str, Any]:
    about = {"subType": "totp", "digits": 6, "counter": 0, "period": 30, "algorithm": "HmacSHA1"}
    return credential("otp", about | more, {"value": SECRET})


def user(n: int, *credentials: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "username": f"u{n}",
        "email": f"u{n}@harbourbakery.example",
        "firstName": "User",
        "lastName": str(n),
        "enabled": True,
        "credentials": list(credentials),
    } | more


def run(tmp_path, users, *more):
    file = tmp_path / "realm.json"
    file.write_text(json.dumps({"realm": "old", "users": users}))
    words = ["import", "keycloak", str(file), "--customer", "Harbour Bakery", *more]
    return CliRunner().invoke(main, words)


PASSWORDS = {
    "SHA-1": pbkdf2("sha1", 64),
    "SHA-256": pbkdf2("sha256", 32),
    "SHA-256 as for years": pbkdf2("sha256", 64),
    "SHA-512": pbkdf2("sha512", 64),
    "Argon2id": argon2id(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("number", [5, pytest.param(1000, marks=pytest.mark.at_length)])
def test_everybody_signs_in_with_the_old_password_and_the_old_app(customer, tmp_path, number):
    passwords = list(PASSWORDS.values())
    many = [user(n, passwords[n % len(passwords)], otp()) for n in range(number)]
    assert run(tmp_path, many).stdout == f"{number} made, 0 changed, 0 same, 0 refused.\n"
    for n, one in enumerate(many):
        # Each from an address of their own: a thousand people do not sit behind one.
        browser = Client(REMOTE_ADDR=f"198.51.{n // 250}.{n % 250 + 1}")
        code = rules.code_at(SECRET.encode(), rules.step_at(timezone.now()))
        given = {"email": one["email"], "password": PASSWORD, "next": ""}
        assert browser.post("/sign-in/", given).status_code == 303
        assert browser.post("/sign-in/code/", {"code": code}).status_code == 303
        assert browser.get("/").status_code == 200
    assert not Factor.objects.filter(taken_over=True).exists()
    assert run(tmp_path, many).stdout.endswith(f"0 made, 0 changed, {number} same, 0 refused.\n")


@pytest.mark.django_db
def test_what_stays_behind_is_said_and_the_password_alone_is_not_enough(customer, tmp_path):
    password = PASSWORDS["SHA-256"]
    users = [
        user(1, password, otp(digits=8)),
        user(2, password, credential("webauthn", {}, {})),
        user(3, password, otp(subType="hotp"), groups=["/staff"]),
        user(4, password, enabled=False),
        user(5, credential("password", {"algorithm": "md5", "hashIterations": 1}, {})),
        user(6, requiredActions=["CONFIGURE_TOTP"]),
        user(7, email=None),
    ]
    done = run(tmp_path, users, "--json")
    lines = json.loads(done.stdout)["lines"]
    assert [len(line["notes"]) for line in lines] == [1, 1, 2, 0, 1, 0, 0]
    assert lines[6]["fate"] == "refused"
    rows = list(Administrator.objects.of(customer.id).order_by("email"))
    assert [one.require_2fa for one in rows] == [True, True, True, False, False, True]
    assert [one.status for one in rows] == [
        *[Status.ACTIVE] * 3,
        Status.SUSPENDED,
        *[Status.INVITED] * 2,
    ]
    assert not people.again(rows[4]).has_usable_password()


@pytest.mark.parametrize(
    "file", [b"", b"[]", b"{}", b'{"users": 1}', b'{"users": [1]}', b"[" * 100_000, b"\xff"]
)
def test_what_is_no_realm_is_refused(file):
    with pytest.raises(SourceUnreadable):
        keycloak.people(file)


@pytest.mark.parametrize("odd", [None, 1, [], [1], [{}], [{"type": 1}], [{"type": "otp"}]])
def test_odd_credentials_end_nothing(odd):
    [line] = keycloak.people(json.dumps({"users": [user(1, credentials=odd)]}).encode())
    assert not line.has_credentials


@pytest.mark.django_db
def test_more_devices_than_somebody_has_are_said(customer, tmp_path):
    many = [otp() for _ in range(12)]
    for n, one in enumerate(many):
        one["secretData"] = json.dumps({"value": f"{SECRET}{n}"})
    done = run(tmp_path, [user(1, *many)], "--json")
    assert len(json.loads(done.stdout)["lines"][0]["notes"]) == 2
    assert Factor.objects.count() == 10


def test_a_number_without_end_ends_nothing():
    odd = pbkdf2("sha256", 32)
    odd["credentialData"] = '{"hashIterations": 1e999, "algorithm": "pbkdf2-sha256"}'
    [line] = keycloak.people(json.dumps({"users": [user(1, odd)]}).encode())
    assert not line.has_credentials
