"""A second implementation, which nobody here wrote: python-fido2's own client signs in at the portal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fido2.client import ClientError, DefaultClientDataCollector, Fido2Client
from fido2.webauthn import PublicKeyCredentialCreationOptions, PublicKeyCredentialRequestOptions

from doorward.credentials.models import Factor, Passkey
from doorward.policy.rules import FactorKind
from doorward.sessions.events import SIGNED_IN
from doorward.signin.events import SIGN_IN_FAILED
from tests.journeys.ctap import Device
from tests.kit import browsers, passkeys, people
from tests.kit.passkeys import ORIGIN
from tests.kit.softkey import ALGORITHMS

if TYPE_CHECKING:
    from django.test import Client

    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.one_database

HOST = ORIGIN.removeprefix("http://")


def answers(device: Device, client: Client, path: str, *, at: str = ORIGIN) -> str:
    """Ask a page for its options, and have their client answer them at an origin."""
    asked = passkeys.options(client, path)
    theirs = Fido2Client(device, DefaultClientDataCollector(at))
    if "rp" in asked:
        made = theirs.make_credential(PublicKeyCredentialCreationOptions.from_dict(asked))
        return json.dumps(dict(made))
    found = theirs.get_assertion(PublicKeyCredentialRequestOptions.from_dict(asked))
    return json.dumps(dict(found.get_response(0)))


def enables(device: Device, person: Administrator) -> Client:
    """Turn 2FA on in the window, in a browser that is signed in; sign out."""
    client = browsers.browser_of(person)
    client.defaults["HTTP_HOST"] = HOST
    answer = answers(device, client, "/security/2fa/passkey/")
    assert client.post("/security/2fa/enable/", {"credential": answer}).status_code == 303
    assert client.post("/sign-in/recovery-codes/", {"saved": "on"}).status_code == 303
    client.post("/sign-out/")
    return client


@pytest.mark.parametrize("name", ALGORITHMS)
def test_it_makes_a_passkey_and_signs_in_with_it_alone(owner, name):
    device = Device(algorithm=ALGORITHMS[name])
    client = enables(device, owner)
    made = Passkey.objects.get()
    assert bytes(made.credential_id) == device.keys[0].credential_id
    assert made.user_verified
    for count in (2, 3):
        credential = answers(device, client, "/sign-in/passkey/")
        answer = client.post("/sign-in/", {"credential": credential, "next": ""})
        assert (answer.status_code, answer["Location"]) == (303, "/")
        assert client.get("/").status_code == 200
        assert Passkey.objects.get().sign_count == count
        client.post("/sign-out/")


def test_one_that_verifies_nobody_is_the_second_step_and_never_the_first(owner):
    device = Device(verifies=False)
    client = enables(device, owner)
    assert not Passkey.objects.get().user_verified
    with pytest.raises(ClientError) as refused:
        answers(device, client, "/sign-in/passkey/")
    assert refused.value.code is ClientError.ERR.CONFIGURATION_UNSUPPORTED
    client.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD})
    answer = client.post(
        "/sign-in/code/", {"credential": answers(device, client, "/sign-in/code/passkey/")}
    )
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert people.events(SIGNED_IN)[-1].details["with"] == FactorKind.PASSKEY


def test_a_device_that_has_one_makes_no_other(owner):
    device = Device()
    client = enables(device, owner)
    answer = answers(device, client, "/sign-in/passkey/")
    client.post("/sign-in/", {"credential": answer, "next": ""})
    with pytest.raises(ClientError) as refused:
        answers(device, client, "/security/2fa/passkey/")
    assert refused.value.code is ClientError.ERR.DEVICE_INELIGIBLE
    answer = answers(Device(), client, "/security/2fa/passkey/")
    assert client.post("/security/2fa/add/", {"credential": answer}).status_code == 303
    assert Factor.objects.count() == 2


def test_on_another_site_it_answers_nothing(owner):
    device = Device()
    client = enables(device, owner)
    with pytest.raises(ClientError) as refused:
        answers(device, client, "/sign-in/passkey/", at="https://localhost.evil.example")
    assert refused.value.code is ClientError.ERR.BAD_REQUEST


def test_what_it_answers_at_another_port_is_refused(owner):
    device = Device()
    client = enables(device, owner)
    answer = answers(device, client, "/sign-in/passkey/", at="http://localhost:1")
    assert client.post("/sign-in/", {"credential": answer, "next": ""}).status_code == 422
    assert passkeys.reasons(SIGN_IN_FAILED) == ["passkey_wrong_origin"]


def test_another_device_has_nothing_to_answer_with(owner):
    client = enables(Device(), owner)
    with pytest.raises(ClientError) as refused:
        answers(Device(), client, "/sign-in/passkey/")
    assert refused.value.code is ClientError.ERR.DEVICE_INELIGIBLE
