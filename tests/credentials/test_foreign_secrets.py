"""Secrets of apps as other systems write them."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from doorward.credentials.errors import SecretInvalid, SecretUnsupported
from doorward.credentials.totp import foreign, rules

SECRET = b"12345678901234567890"
BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    "text",
    [
        BASE32,
        BASE32.lower(),
        "GEZD GNBV GY3T QOJQ-GEZD GNBV GY3T QOJQ",
        BASE32 + "====",
        f"otpauth://totp/ACME%20Co:alice%40example.com?secret={BASE32}&issuer=ACME%20Co",
        f"otpauth://totp/x?secret={BASE32}&algorithm=SHA1&digits=6&period=30",
        f"OTPAUTH://TOTP/x?secret={BASE32.lower()}&algorithm=HmacSHA1",
        rules.uri(secret=SECRET, issuer="Doorward", account="ines@example.com"),
    ],
)
def test_a_secret_is_read_as_it_is_written(text):
    assert foreign.read(text) == SECRET


def test_a_key_uri_says_whose_it_is():
    [found] = foreign.export(
        f"otpauth://totp/ACME%20Co:alice%40example.com?secret={BASE32}"
    ).accounts
    assert (found.account, found.issuer) == ("alice@example.com", "ACME Co")


@pytest.mark.parametrize(
    "text",
    [
        f"otpauth://hotp/x?secret={BASE32}&counter=5",
        f"otpauth://totp/x?secret={BASE32}&algorithm=SHA256",
        f"otpauth://totp/x?secret={BASE32}&digits=8",
        f"otpauth://totp/x?secret={BASE32}&period=60",
        f"otpauth://steam/x?secret={BASE32}",
    ],
)
def test_an_app_that_counts_otherwise_is_refused_by_name(text):
    with pytest.raises(SecretUnsupported):
        foreign.read(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "otpauth://totp/x",
        "otpauth://totp/x?secret=",
        "otpauth://[totp/x?secret=A",
        "0189",
        "GEZDGNBV",
        "A" * 500,
        "A" * 100_000,
        "ÄÖÜ",
        "otpauth-migration://offline",
        "otpauth-migration://offline?data=%3F%3F",
        "otpauth-migration://offline?data=AAAA",
        "https://example.com",
    ],
)
def test_what_is_no_secret_is_refused(text):
    with pytest.raises(SecretInvalid):
        foreign.read(text)


# Of notes that are in the open: what Google's app exports for one account.
ONE = "CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU6YWxpY2VAZ29vZ2xlLmNvbRoHRXhhbXBsZTAC"


def migration(*accounts: tuple[bytes, str, dict[str, int]]) -> str:
    payload = foreign._payload()
    for secret, name, more in accounts:
        payload.otp_parameters.add(
            secret=secret, name=name, **({"type": 2, "digits": 1, "algorithm": 1} | more)
        )
    data = base64.b64encode(payload.SerializeToString()).decode()
    return f"otpauth-migration://offline?data={quote(data, safe='')}"


def test_an_export_of_googles_app_is_read():
    [found] = foreign.export(f"otpauth-migration://offline?data={ONE}").accounts
    assert found.secret == base64.b32decode("JBSWY3DPEHPK3PXP")
    assert (found.account, found.issuer) == ("alice@google.com", "Example")


def test_an_export_may_have_several_accounts_and_then_says_whose_each_is():
    text = migration((SECRET, "ACME:a@example.com", {}), (SECRET[::-1], "b@example.com", {}))
    assert [one.account for one in foreign.export(text).accounts] == [
        "a@example.com",
        "b@example.com",
    ]
    with pytest.raises(SecretInvalid):
        foreign.read(text)


@pytest.mark.parametrize("more", [{"type": 1}, {"algorithm": 2}, {"digits": 2}, {"algorithm": 9}])
def test_what_in_an_export_counts_otherwise_is_refused(more):
    with pytest.raises(SecretUnsupported):
        foreign.read(migration((SECRET, "x", more)))


def test_an_export_says_of_each_account_whether_it_can_be_taken_over():
    text = migration((SECRET, "a@example.com", {}), (SECRET, "b@example.com", {"type": 1}))
    assert [one.refused is None for one in foreign.export(text).accounts] == [True, False]
