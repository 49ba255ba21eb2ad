"""Kinds of factor by policy, over the pages: who has only what is not enough any more is led to what is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from doorward.credentials.events import TWO_FACTOR_ENABLE_FAILED
from doorward.credentials.models import Factor
from doorward.credentials.recovery_codes import codes
from doorward.policy.fields import Kinds, RequiredOf
from doorward.policy.rules import FactorKind
from doorward.sessions.events import SIGNED_IN
from tests.kit import browsers, passkeys, people, policies
from tests.kit import codes as kit_codes
from tests.kit.passkeys import ORIGIN
from tests.kit.softkey import SoftKey

pytestmark = pytest.mark.django_db

CODE, SET_UP = "/sign-in/code/", "/sign-in/set-up/"
ASKED = "Your account requires a passkey"


def only_passkeys(person, **values) -> None:
    values = {"required_of": RequiredOf.EVERYONE, "kinds": Kinds.PHISHING_RESISTANT} | values
    policies.ask(person.customer_id, **values)


def browser() -> Client:
    return Client(HTTP_USER_AGENT=people.CHROME, HTTP_HOST=ORIGIN.removeprefix("http://"))


def knows_password(person) -> Client:
    client = browser()
    form = {"email": person.email, "password": people.PASSWORD, "next": ""}
    assert client.post("/sign-in/", form).status_code == 303
    return client


def due(client: Client) -> str:
    """Say which step is due; empty: through."""
    return client.get("/profile/").headers.get("Location", "")


def give_code(client: Client, person, page: str = CODE):
    return client.post(page, {"code": kit_codes.next_code(person), "next": "/support/"})


def give_passkey(client: Client, page: str, key: SoftKey):
    asked = passkeys.options(client, f"{page}passkey/")
    credential = (key.create if "rp" in asked else key.get)(asked, ORIGIN)
    return client.post(page, {"credential": credential, "next": "/support/"})


def offers_passkeys_alone(client: Client) -> bool:
    page = client.get(SET_UP).content.decode()
    assert ASKED in page
    assert 'data-options="/sign-in/set-up/passkey/"' in page
    return 'name="code"' not in page and 'id="qr-code"' not in page


def save_codes(client: Client) -> None:
    if due(client) == "/sign-in/recovery-codes/":
        client.post("/sign-in/recovery-codes/", {"saved": "on"})


# --- somebody who has only an app -----------------------------------------------------------------


def test_a_new_sign_in_proves_the_app_then_makes_a_passkey_and_is_through(owner):
    kit_codes.enable_app(owner)
    only_passkeys(owner)
    client = knows_password(owner)
    assert due(client) == CODE
    assert client.get(SET_UP)["Location"] == CODE
    assert client.post("/sign-in/set-up/passkey/").headers["Location"] == CODE
    give_code(client, owner)
    assert due(client) == SET_UP
    assert offers_passkeys_alone(client)
    key = SoftKey()
    assert give_passkey(client, SET_UP, key).status_code == 303
    save_codes(client)
    assert due(client) == ""
    # From now on the passkey is what is asked for, and the app is not.
    again = knows_password(owner)
    page = again.get(CODE).content.decode()
    assert 'data-options="/sign-in/code/passkey/"' in page
    assert 'name="code"' not in page
    give_passkey(again, CODE, key)
    assert due(again) == ""


def test_an_open_session_goes_the_same_way_at_its_next_click(owner, clock):
    kit_codes.enable_app(owner)
    client = browsers.sign_in(browser(), owner)
    assert due(client) == ""
    clock.shift(timedelta(minutes=6))
    only_passkeys(owner)
    # What was verified is no longer fresh: a browser that was left open adds nobody's passkey.
    assert due(client) == CODE
    assert client.post("/sign-in/set-up/passkey/").headers["Location"] == CODE
    assert "Confirm once more that it is you, then make one." in client.get(CODE).content.decode()
    give_code(client, owner)
    assert due(client) == SET_UP
    assert offers_passkeys_alone(client)
    give_passkey(client, SET_UP, SoftKey())
    save_codes(client)
    assert due(client) == ""


def test_who_has_just_proved_it_need_not_once_more(owner):
    kit_codes.enable_app(owner)
    client = browsers.sign_in(browser(), owner)
    only_passkeys(owner)
    assert due(client) == SET_UP


def test_too_long_before_the_set_up_the_app_is_asked_for_again(owner, clock):
    kit_codes.enable_app(owner)
    only_passkeys(owner)
    client = knows_password(owner)
    give_code(client, owner)
    key, asked = SoftKey(), passkeys.options(client, "/sign-in/set-up/passkey/")
    clock.shift(timedelta(minutes=5))
    answer = client.post(SET_UP, {"credential": key.create(asked, ORIGIN)})
    assert answer["Location"] == CODE
    assert not Factor.objects.filter(administrator=owner, kind=FactorKind.PASSKEY).exists()


def test_no_app_is_added_while_none_is_taken(owner):
    kit_codes.enable_app(owner)
    only_passkeys(owner)
    client = knows_password(owner)
    give_code(client, owner)
    answer = client.post(SET_UP, {"code": "123456", "name": "Another"})
    assert answer.status_code == 422
    assert "accepts passkeys only" in answer.content.decode()
    give_passkey(client, SET_UP, SoftKey())
    save_codes(client)
    page = client.get("/security/").content.decode()
    assert "No longer enough" in page
    assert "Only a passkey is enough." in page
    assert "Add an authenticator app" not in page
    assert 'name="code"' not in client.get("/security/2fa/add/").content.decode()
    assert client.post("/security/2fa/add/", {"code": "123456", "name": ""}).status_code == 422
    assert Factor.objects.filter(kind=FactorKind.APP).count() == 1
    reasons = [event.details["reason"] for event in people.events(TWO_FACTOR_ENABLE_FAILED)]
    # The second is a number on the first.
    assert reasons == ["kind_not_accepted"]


def test_in_grace_it_can_be_put_off(owner):
    kit_codes.enable_app(owner)
    only_passkeys(owner, from_day=timezone.now().date() + timedelta(days=7))
    client = knows_password(owner)
    give_code(client, owner)
    assert due(client) == SET_UP
    assert offers_passkeys_alone(client)
    client.post(SET_UP, {"later": "on"})
    assert due(client) == ""


def test_a_recovery_code_leads_to_the_passkey_as_well(owner):
    kit_codes.enable_app(owner)
    codes.make(owner, now=timezone.now())
    code = codes.unsaved(owner.id)[0]
    codes.confirm_saved(administrator_id=owner.id, actor=people.actor(owner), now=timezone.now())
    only_passkeys(owner)
    client = knows_password(owner)
    client.post("/sign-in/recovery/", {"code": code})
    assert due(client) == SET_UP
    assert offers_passkeys_alone(client)


def test_who_has_nothing_proves_the_mailbox_and_makes_a_passkey(owner):
    only_passkeys(owner)
    client = knows_password(owner)
    assert due(client) == "/sign-in/mailbox/"


def test_where_nothing_is_required_every_kind_is_taken(owner):
    kit_codes.enable_app(owner)
    only_passkeys(owner, required_of=RequiredOf.TICKED)
    client = browsers.sign_in(browser(), owner)
    assert due(client) == ""
    page = client.get("/security/").content.decode()
    assert "No longer enough" not in page
    assert "Add an authenticator app" in page


# --- somebody who has both ------------------------------------------------------------------------


@pytest.fixture
def both(owner) -> SoftKey:
    kit_codes.enable_app(owner)
    only_passkeys(owner)
    return passkeys.add(owner)


def test_the_app_is_not_offered_and_if_used_it_leads_to_the_passkey(owner, both):
    client = knows_password(owner)
    page = client.get(CODE).content.decode()
    assert 'name="code"' not in page
    assert client.get("/sign-in/clock/").status_code == 303
    give_code(client, owner)
    assert due(client) == CODE
    assert ASKED in client.get(CODE).content.decode()
    assert not people.events(SIGNED_IN)
    give_passkey(client, CODE, both)
    assert due(client) == ""


def test_a_sign_in_is_recorded_once_whatever_is_asked_for_later(owner):
    kit_codes.enable_app(owner)
    key, client = passkeys.add(owner), knows_password(owner)
    give_code(client, owner)
    assert due(client) == ""
    (signed_in,) = people.events(SIGNED_IN)
    only_passkeys(owner)
    assert due(client) == CODE
    give_passkey(client, CODE, key)
    assert due(client) == ""
    assert people.events(SIGNED_IN) == [signed_in]


def test_the_app_is_no_fresh_proof_and_does_not_throw_anybody_out(owner, clock, both):
    client = knows_password(owner)
    give_passkey(client, CODE, both)
    assert due(client) == ""
    clock.shift(timedelta(minutes=6))
    assert client.get("/security/2fa/add/")["Location"].startswith("/prove/")
    page = client.get("/prove/?next=/support/").content.decode()
    assert 'name="code"' not in page
    assert 'name="without" value=""' in page
    assert give_code(client, owner, "/prove/").status_code == 422
    assert due(client) == ""
    assert client.get("/security/2fa/add/")["Location"].startswith("/prove/")
    give_passkey(client, "/prove/", both)
    assert client.get("/security/2fa/add/").status_code == 200


def test_an_open_session_in_which_the_app_was_proved_is_asked_for_the_passkey(owner):
    kit_codes.enable_app(owner)
    key = passkeys.add(owner)
    client = knows_password(owner)
    give_code(client, owner)
    assert due(client) == ""
    only_passkeys(owner)
    assert due(client) == CODE
    give_passkey(client, CODE, key)
    assert due(client) == ""


def test_the_last_passkey_is_not_removed_while_one_is_required(owner, both):
    client = knows_password(owner)
    give_passkey(client, CODE, both)
    key = Factor.objects.get(administrator=owner, kind=FactorKind.PASSKEY)
    app = Factor.objects.get(administrator=owner, kind=FactorKind.APP)
    assert "this is your only one" in client.get(f"/security/factors/{key.id}/").content.decode()
    answer = client.post(f"/security/factors/{key.id}/", {"name": key.name, "remove": "on"})
    assert answer.status_code == 422
    assert Factor.objects.filter(id=key.id).exists()
    # The app may go: nothing that is asked for goes with it.
    assert "only device" not in client.get(f"/security/factors/{app.id}/").content.decode()
    answer = client.post(f"/security/factors/{app.id}/", {"name": app.name, "remove": "on"})
    assert answer.status_code == 303
    assert not Factor.objects.filter(id=app.id).exists()


def test_of_two_passkeys_one_is_removed_with_the_other(owner, both):
    passkeys.add(owner, name="Key ring")
    client = knows_password(owner)
    give_passkey(client, CODE, both)
    laptop = Factor.objects.get(administrator=owner, name="Laptop")
    ring = Factor.objects.get(administrator=owner, name="Key ring")
    answer = client.post(f"/security/factors/{laptop.id}/", {"name": "Laptop", "remove": "on"})
    assert f"without={laptop.id}" in answer["Location"]
    answer = client.post(f"/security/factors/{ring.id}/", {"name": "Key ring", "remove": "on"})
    assert answer.status_code == 303
    assert due(client) == ""
