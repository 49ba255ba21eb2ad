"""The secrets of applications: in no table, event, log or page but once, counted when wrong, and dead when removed."""

from __future__ import annotations

import base64
import json
import time

import pytest
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from doorward.applications import secrets
from doorward.applications.errors import NoSecretNeeded, TooManySecrets
from doorward.applications.models import ClientSecret
from doorward.audit.actor import CONSOLE
from doorward.audit.models import Event
from doorward.kernel.errors import FieldsRefused
from tests.kit.applications import Relying, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def test_two_at_a_time_and_a_removed_one_is_dead(owner):
    give_tab(owner)
    application = make_application()
    old, new = make_secret(application), make_secret(application)
    with pytest.raises(TooManySecrets):
        make_secret(application)
    for secret in (old, new):
        assert Relying(application, secret).tokens(browser_of(owner))
    row = ClientSecret.objects.get(keyed_hash=secrets.hashed(old))
    assert row.used_at is not None
    secrets.remove(application.id, row.id, actor=CONSOLE)
    code = Relying(application, new)
    assert code.tokens(browser_of(owner))
    refused = Relying(application, old).refresh("x")
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_it_is_nowhere_in_the_clear(owner, caplog):
    give_tab(owner)
    application = make_application()
    secret = make_secret(application)
    relying = Relying(application, secret)
    tokens = relying.tokens(browser_of(owner))
    relying.secret = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    assert relying.refresh(tokens["refresh_token"]).status_code == 401
    kept = str(list(Event.objects.values())) + caplog.text
    for one in (secret, relying.secret, tokens["refresh_token"], tokens["access_token"]):
        assert one not in kept
        assert one.encode() not in b"".join(
            bytes(row) for row in ClientSecret.objects.values_list("keyed_hash", flat=True)
        )


def test_no_line_of_the_log_has_what_stands_in_an_address(owner, capfd):
    give_tab(owner)
    application = make_application()
    relying = Relying(application, make_secret(application))
    led = relying.ask(Client())
    browser = browser_of(owner)
    code = relying.code(browser)
    browser.get("/oidc/callback/", {"code": code})
    tokens = relying.exchange(code).json()
    browser.get("/oidc/logout/", {"id_token_hint": tokens["id_token"]})
    written = "".join(capfd.readouterr())
    assert "route=/oidc/authorize/" in written
    words = (code, relying.state, relying.nonce, tokens["id_token"], led["Location"][-40:])
    assert [one for one in words if one in written] == []


def test_wrong_ones_have_to_wait_and_no_other_application_does(owner):
    give_tab(owner)
    application = make_application()
    right = make_secret(application)
    thief = Relying(application, "wrong")
    answers = [thief.refresh("x").status_code for _ in range(22)]
    assert answers[:20] == [401] * 20
    assert answers[20:] == [429] * 2
    assert thief.refresh("x")["Retry-After"]
    # Whoever guessed it by then is not told.
    assert Relying(application, right).refresh("x").status_code == 429
    give_tab(owner, "billing")
    other = make_application("billing")
    assert Relying(other, make_secret(other)).refresh("x").status_code == 400
    elsewhere = Relying(application, right)
    elsewhere.server = Client(REMOTE_ADDR="203.0.113.7")
    assert elsewhere.refresh("x").status_code == 400


def test_by_the_header_as_well_and_never_twice(owner):
    give_tab(owner)
    application = make_application()
    secret = make_secret(application)
    pair = base64.b64encode(f"{application.client_id}:{secret}".encode()).decode()
    header = {"authorization": f"Basic {pair}"}
    sent = {"grant_type": "refresh_token", "refresh_token": "x"}
    assert Client().post("/oidc/token/", sent, headers=header).json()["error"] == "invalid_grant"
    twice = sent | {"client_secret": secret}
    assert Client().post("/oidc/token/", twice, headers=header).json()["error"] == "invalid_request"
    other = sent | {"client_id": "somebody"}
    refused = Client().post("/oidc/token/", other, headers=header)
    assert (refused.status_code, refused["WWW-Authenticate"][:5]) == (401, "Basic")
    broken = {"authorization": "Basic %%%"}
    assert Client().post("/oidc/token/", sent, headers=broken).status_code == 401


def test_who_has_a_secret_cannot_do_without(owner):
    application = make_application()
    make_secret(application)
    assert Relying(application).refresh("x").status_code == 401
    give_tab(owner, "billing")
    with pytest.raises(NoSecretNeeded):
        make_secret(make_application("billing", client_type="public"))


def test_an_assertion_works_once_for_us_and_by_its_own_key(owner, clock):
    issuer = Client().get("/.well-known/openid-configuration").json()["issuer"]
    key = ECKey.generate_key("P-256")
    public = key.as_dict(private=False) | {"kid": key.thumbprint()}
    application = make_application(keys=_json(public))
    now = int(time.time())

    def send(by=key, **changes):
        claims = {
            "iss": application.client_id,
            "sub": application.client_id,
            "aud": issuer,
            "exp": now + 60,
            "jti": "one",
        } | changes
        signed = jwt.encode(
            {"alg": "ES256", "kid": key.thumbprint()}, claims, by, algorithms=["ES256"]
        )
        sent = {
            "grant_type": "refresh_token",
            "refresh_token": "x",
            "client_assertion": signed,
            "client_assertion_type": ASSERTION,
        }
        return Client().post("/oidc/token/", sent).json()["error"]

    assert send() == "invalid_grant"
    assert send() == "invalid_client"
    wrong = {
        "aud": "https://other.example",
        "sub": "somebody",
        "exp": now - 1,
        "jti": "",
    }
    for number, (name, value) in enumerate(wrong.items()):
        assert send(**({"jti": f"n{number}"} | {name: value})) == "invalid_client", name
    assert send(jti="far", exp=now + 7200) == "invalid_client"
    assert send(jti="later", nbf=now + 600) == "invalid_client"
    assert send(jti="odd", nbf="soon") == "invalid_client"
    assert send(jti="clock", nbf=now + 30) == "invalid_grant"
    assert send(jti="two", aud=[issuer, "https://other.example"]) == "invalid_client"
    assert send(by=ECKey.generate_key("P-256"), jti="three") == "invalid_client"
    assert send(jti="four") == "invalid_grant"


@pytest.mark.parametrize(
    "text", ["x", "{}", '{"keys": []}', '{"keys": [{"kty": "oct", "k": "AA"}]}']
)
def test_no_other_keys_are_taken(owner, text):
    with pytest.raises(FieldsRefused):
        make_application(keys=text)
    private = RSAKey.generate_key(2048).as_dict(private=True)
    with pytest.raises(FieldsRefused):
        make_application("billing", keys=_json(private))


def _json(key) -> str:
    return json.dumps({"keys": [key]})
