"""Passkeys over the pages: signing in with one alone, the second step, setting up, proving, removing."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorward.accounts.models import Administrator
from doorward.credentials.events import TWO_FACTOR_DISABLED
from doorward.credentials.models import AnsweredChallenge, Factor, Passkey, RecoverySet
from doorward.credentials.recovery_codes import codes
from doorward.customers.models import Brand
from doorward.policy.fields import Kinds
from doorward.policy.rules import FactorKind
from doorward.sessions.events import SIGNED_IN
from doorward.sessions.models import Session
from doorward.signin import mailbox
from doorward.signin.models import MailboxProof
from tests.kit import browsers, passkeys, people, policies
from tests.kit import codes as kit_codes
from tests.kit.pages import HOST, browser
from tests.kit.passkeys import ORIGIN
from tests.kit.softkey import UP, SoftKey, b64


def knows_password(person: Administrator) -> Client:
    client = browser()
    answer = client.post("/sign-in/", {"email": person.email, "password": people.PASSWORD})
    assert answer.status_code == 303
    return client


def signed_in(person: Administrator, key: SoftKey) -> Client:
    client = browser()
    answer = passkeys.sign_in(client, key)
    assert answer.status_code == 303, answer.content.decode()
    return client


def give(client: Client, page: str, key: SoftKey, *, options: str = "", **given):
    """Ask a page for options, and send it the answer."""
    asked = passkeys.options(client, options or f"{page}passkey/")
    answer = (key.create if "rp" in asked else key.get)(asked, ORIGIN, **given)
    return client.post(page, {"credential": answer, "next": "", "without": ""})


# --- instead of the password ----------------------------------------------------------------------


def test_one_gesture_signs_in_and_is_told_as_that(owner):
    client = signed_in(owner, passkeys.add(owner))
    assert client.get("/").status_code == 200
    told = people.events(SIGNED_IN)[-1]
    assert told.details == {"with": "passkey", "new_browser": True}
    assert told.actor_id == owner.id
    assert client.get("/security/").status_code == 200


def test_a_sign_in_that_nothing_follows_is_recorded_at_once_and_only_once(owner):
    client = signed_in(owner, passkeys.add(owner))
    assert len(people.events(SIGNED_IN)) == 1
    client.get("/")
    assert len(people.events(SIGNED_IN)) == 1


def test_it_costs_one_query_to_ask_and_one_transaction_to_sign_in(owner, django_assert_num_queries):
    key, client = passkeys.add(owner), browser()
    signed_in(owner, key)  # the caches are warm
    with django_assert_num_queries(1):  # which period it is
        asked = passkeys.options(client, "/sign-in/passkey/")
    form = {"credential": key.get(asked, ORIGIN), "next": ""}
    # One of them for the list of people: when they last signed in.
    with django_assert_num_queries(13) as ran:
        assert client.post("/sign-in/", form).status_code == 303
    # The test is a transaction itself, so that the one that begins in it is a savepoint.
    begun = [query for query in ran.captured_queries if query["sql"].startswith("SAVEPOINT")]
    assert len(begun) == 1
    # The gate's; and of how many people there are, what is still weak, for who looks after them.
    with django_assert_num_queries(2):
        assert client.get("/").status_code == 200


def test_where_something_is_due_it_is_recorded_after_that(owner):
    codes.make(owner, now=timezone.now())
    client = signed_in(owner, passkeys.add(owner))
    assert client.get("/")["Location"] == "/sign-in/recovery-codes/"
    assert not people.events(SIGNED_IN)
    client.post("/sign-in/recovery-codes/", {"saved": "on"})
    client.get("/")
    assert len(people.events(SIGNED_IN)) == 1


def test_the_page_offers_it_in_the_autofill_too(owner):
    page = browser().get("/sign-in/").content.decode()
    assert "Sign in with a passkey" in page
    assert 'autocomplete="username webauthn"' in page
    assert "data-autofill" in page


def test_where_the_address_is_not_the_relying_partys_it_is_not_offered(owner):
    page = Client().get("/sign-in/").content.decode()
    assert "Sign in with a passkey" not in page
    Brand.objects.update(hosts=["127.0.0.1"])
    people.forget_caches()
    numbers = Client(HTTP_HOST=HOST.replace("localhost", "127.0.0.1"))
    assert "Sign in with a passkey" not in numbers.get("/sign-in/").content.decode()


def test_it_goes_on_to_where_the_person_was_heading(owner):
    key, client = passkeys.add(owner), browser()
    credential = key.get(passkeys.options(client, "/sign-in/passkey/"), ORIGIN)
    answer = client.post("/sign-in/", {"credential": credential, "next": "/activity/"})
    assert (answer.status_code, answer["Location"]) == (303, "/activity/")


@pytest.mark.parametrize("next_path", ["//evil.example", "https:evil", "/\\evil.example"])
def test_it_does_not_lead_to_another_site(owner, next_path):
    key, client = passkeys.add(owner), browser()
    credential = key.get(passkeys.options(client, "/sign-in/passkey/"), ORIGIN)
    answer = client.post("/sign-in/", {"credential": credential, "next": next_path})
    assert answer["Location"] == "/"


def test_one_that_is_gone_is_refused_and_the_browser_is_told_to_forget_it(owner):
    key = passkeys.add(owner)
    Factor.objects.all().delete()
    answer = passkeys.sign_in(browser(), key)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "no longer signs in here" in page
    assert b64(key.credential_id) in page
    assert not Session.objects.exists()


def test_a_wrong_one_says_what_to_do_and_keeps_the_form(owner):
    key = passkeys.add(owner)
    answer = passkeys.sign_in(browser(), key, flags=UP)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "fingerprint, face or PIN" in page
    assert 'name="password"' in page
    assert "data-signal" not in page


def test_the_options_of_a_made_up_host_are_the_brands(owner):
    Brand.objects.update(hosts=["portal.northwind.example"])
    people.forget_caches()
    for host in ("localhost", "192.0.2.1"):
        client = Client(HTTP_HOST=host)
        assert passkeys.options(client, "/sign-in/passkey/")["rpId"] == "portal.northwind.example"


def test_the_endpoints_want_the_form_token(owner):
    client = Client(enforce_csrf_checks=True, HTTP_HOST=HOST)
    for path in ("/sign-in/passkey/", "/sign-in/"):
        assert client.post(path, {"credential": "{}"}).status_code == 403
        plain = client.post(path, data='{"credential": "x"}', content_type="text/plain")
        assert plain.status_code == 403
    assert not AnsweredChallenge.objects.exists()


# --- the second step ------------------------------------------------------------------------------


def test_it_is_offered_first_where_there_is_one(owner):
    key = passkeys.add(owner)
    kit_codes.enable_app(owner)
    client = knows_password(owner)
    page = client.get("/sign-in/code/").content.decode()
    assert page.index("Use your passkey") < page.index('name="code"')
    answer = give(client, "/sign-in/code/", key)
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert client.get("/").status_code == 200
    assert people.events(SIGNED_IN)[-1].details["with"] == "passkey"


def test_without_an_app_there_is_no_box_for_a_code_but_a_way_on(owner):
    passkeys.add(owner)
    page = knows_password(owner).get("/sign-in/code/").content.decode()
    assert 'name="code"' not in page
    assert "/sign-in/recovery/" in page


def test_at_another_address_it_says_where_the_passkey_works(owner):
    passkeys.add(owner)
    client = Client()
    client.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD})
    page = client.get("/sign-in/code/").content.decode()
    assert f"{ORIGIN}/sign-in/" in page
    assert "/sign-in/recovery/" in page


def test_where_only_a_passkey_is_allowed_a_code_is_not_asked_for(owner):
    key = passkeys.add(owner)
    kit_codes.enable_app(owner)
    policies.require(owner.customer_id, kinds=Kinds.PHISHING_RESISTANT)
    client = knows_password(owner)
    assert 'name="code"' not in client.get("/sign-in/code/").content.decode()
    assert give(client, "/sign-in/code/", key).status_code == 303
    assert client.get("/").status_code == 200


def test_somebody_elses_is_refused_with_422(owner, colleague):
    passkeys.add(owner)
    theirs = passkeys.add(colleague)
    answer = give(knows_password(owner), "/sign-in/code/", theirs)
    assert answer.status_code == 422
    assert "not one of your passkeys" in answer.content.decode()


def test_sent_twice_it_goes_on(owner):
    key, client = passkeys.add(owner), knows_password(owner)
    asked = passkeys.options(client, "/sign-in/code/passkey/")
    form = {"credential": key.get(asked, ORIGIN)}
    assert client.post("/sign-in/code/", form).status_code == 303
    answer = client.post("/sign-in/code/", form)
    assert (answer.status_code, answer["Location"]) == (303, "/")


# --- setting up -----------------------------------------------------------------------------------


def test_the_window_enable_2fa_takes_one(owner):
    client = browsers.browser_of(owner)
    client.defaults["HTTP_HOST"] = HOST
    page = client.get("/security/2fa/enable/").content.decode()
    assert "Or use this device" in page
    answer = give(client, "/security/2fa/enable/", SoftKey(), options="/security/2fa/passkey/")
    assert (answer.status_code, answer["Location"]) == (303, "/security/")
    assert client.get("/security/")["Location"] == "/sign-in/recovery-codes/"
    client.post("/sign-in/recovery-codes/", {"saved": "on"})
    page = client.get("/security/").content.decode()
    assert "Passkey on Chrome" in page
    assert "Passkey, on this one device" in page


def test_forced_set_up_takes_one(owner):
    Administrator.objects.of(owner.customer_id).update(require_2fa=True)
    client = knows_password(owner)
    client.get("/sign-in/mailbox/")
    client.post("/sign-in/mailbox/", {"code": mailbox.code_of(MailboxProof.objects.get())})
    assert "Or use this device" in client.get("/sign-in/set-up/").content.decode()
    assert give(client, "/sign-in/set-up/", SoftKey()).status_code == 303
    assert RecoverySet.objects.exists()


def test_whose_app_is_no_longer_allowed_sets_up_a_passkey_after_proving_the_app(owner):
    kit_codes.enable_app(owner)
    policies.require(owner.customer_id, kinds=Kinds.PHISHING_RESISTANT)
    client = browsers.sign_in(browser(), owner)
    assert client.get("/")["Location"] == "/sign-in/set-up/"
    page = client.get("/sign-in/set-up/").content.decode()
    assert 'id="qr-code"' not in page
    assert give(client, "/sign-in/set-up/", SoftKey()).status_code == 303
    assert {factor.kind for factor in Factor.objects.all()} == set(FactorKind)


def test_one_more_is_added_and_renamed(owner):
    client = signed_in(owner, passkeys.add(owner))
    page = client.get("/security/2fa/add/?passkey=on").content.decode()
    assert 'id="qr-code"' not in page
    answer = give(client, "/security/2fa/add/", SoftKey(), options="/security/2fa/passkey/")
    assert answer.status_code == 303
    client.post("/sign-in/recovery-codes/", {"saved": "on"})
    added = Factor.objects.get(name="Passkey on Chrome")
    answer = client.post(f"/security/factors/{added.id}/", {"name": "Key ring"})
    assert answer["Location"] == "/security/?devices=changed"
    page = client.get(answer["Location"]).content.decode()
    assert "Key ring" in page
    assert b64(bytes(added.passkey.credential_id)) in page


def test_without_a_fresh_proof_no_options_are_given(owner):
    client = signed_in(owner, passkeys.add(owner))
    old = timezone.now() - timedelta(minutes=6)
    Session.objects.update(factor_at=old)
    answer = client.post("/security/2fa/passkey/")
    assert answer.status_code == 303
    assert answer["Location"].startswith("/prove/")


# --- proving, removing, disabling -----------------------------------------------------------------


def test_a_fresh_proof_by_passkey_goes_on_with_the_form(owner):
    key = passkeys.add(owner)
    client = signed_in(owner, key)
    factor = Factor.objects.get()
    Session.objects.update(factor_at=timezone.now() - timedelta(minutes=6))
    answer = client.post(f"/security/factors/{factor.id}/", {"name": "Key ring"})
    assert answer["Location"] == "/prove/?next=%2Fprove%2Fcontinue%2F"
    assert "Use your passkey" in client.get(answer["Location"]).content.decode()
    assert give(client, "/prove/", key).status_code == 303
    assert "Key ring" in client.get("/prove/continue/").content.decode()


def test_removing_asks_for_another_one(owner):
    key, other = passkeys.add(owner), passkeys.add(owner, name="Phone")
    client = signed_in(owner, key)
    gone = Factor.objects.get(name="Laptop")
    form = {"remove": "on", "name": "Laptop"}
    answer = client.post(f"/security/factors/{gone.id}/", form)
    assert answer.status_code == 303
    assert f"without={gone.id}" in answer["Location"]
    page = client.get(answer["Location"]).content.decode()
    assert "a device other than the one you are removing" in page
    asked = client.post("/prove/passkey/", {"without": str(gone.id)}).json()
    assert [one["id"] for one in asked["allowCredentials"]] == [b64(other.credential_id)]
    credential = other.get(asked, ORIGIN)
    answer = client.post("/prove/", {"credential": credential, "without": str(gone.id)})
    assert answer.status_code == 303
    assert client.post(f"/security/factors/{gone.id}/", form).status_code == 303
    assert Passkey.objects.get().factor.name == "Phone"


def test_leaving_out_which_one_does_not_serve_changes_nothing(owner):
    key = passkeys.add(owner)
    passkeys.add(owner, name="Phone")
    client = signed_in(owner, key)
    gone = Factor.objects.get(name="Laptop")
    assert give(client, "/prove/", key).status_code == 303
    answer = client.post(f"/security/factors/{gone.id}/", {"remove": "on", "name": "Laptop"})
    assert f"without={gone.id}" in answer["Location"]
    assert Factor.objects.count() == 2


def test_the_last_one_is_removed_as_disabling_2fa(owner):
    key = passkeys.add(owner)
    client = signed_in(owner, key)
    factor = Factor.objects.get()
    answer = client.post(f"/security/factors/{factor.id}/", {"remove": "on", "name": "Laptop"})
    assert answer.status_code == 303
    assert people.events(TWO_FACTOR_DISABLED)
    page = client.get("/security/?devices=changed").content.decode()
    assert "&#34;allAcceptedCredentialIds&#34;: []" in page


def test_disable_2fa_takes_one(owner):
    key = passkeys.add(owner)
    client = signed_in(owner, key)
    page = client.get("/security/2fa/disable/").content.decode()
    assert "Confirm with your passkey" in page
    assert 'name="code"' not in page
    assert give(client, "/security/2fa/disable/", key).status_code == 303
    assert not Factor.objects.exists()


def test_disable_2fa_is_refused_where_it_is_required(owner):
    key = passkeys.add(owner)
    client = signed_in(owner, key)
    asked = passkeys.options(client, "/security/2fa/disable/passkey/")
    Administrator.objects.of(owner.customer_id).update(require_2fa=True)
    answer = client.post("/security/2fa/disable/", {"credential": key.get(asked, ORIGIN)})
    assert answer.status_code == 422
    assert Factor.objects.exists()


# --- for machines ---------------------------------------------------------------------------------


def test_password_managers_find_the_pages(customer):
    answer = Client(HTTP_HOST=HOST).get("/.well-known/passkey-endpoints")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == {
        "enroll": f"{ORIGIN}/security/2fa/add/",
        "manage": f"{ORIGIN}/security/",
    }


# --- anything at all ------------------------------------------------------------------------------

FUZZ = settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40) | st.binary(max_size=60).map(b64),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
parts = st.sampled_from(
    ["id", "rawId", "type", "response", "clientDataJSON", "authenticatorData", "signature",
     "attestationObject", "userHandle", "transports", "authenticatorAttachment"]
)  # fmt: skip


def damaged(answer: str, changes: dict[str, object]) -> str:
    """Replace parts of a right answer by whatever came."""
    whole = json.loads(answer)
    for name, value in changes.items():
        inside = whole.get("response")
        place = inside if isinstance(inside, dict) and name in inside else whole
        place[name] = value
    return json.dumps(whole)


def bits(answer: str, place: int) -> str:
    """Turn one bit of an answer over."""
    raw = bytearray(answer.encode())
    raw[place % len(raw)] ^= 1 << place % 7
    return raw.decode(errors="replace")


@FUZZ
@given(changes=st.dictionaries(parts, values, min_size=1, max_size=4), text=values)
def test_any_damage_to_an_assertion_is_refused_and_never_breaks(owner, changes, text):
    key, client = passkeys.add(owner), browser()
    client.raise_request_exception = False
    asked = passkeys.options(client, "/sign-in/passkey/")
    right = key.get(asked, ORIGIN)
    harmless = {"transports", "attestationObject", "authenticatorAttachment"}
    for wrong in (damaged(right, changes | {"signature": b64(b"x")}), json.dumps(text)):
        answer = client.post("/sign-in/", {"credential": wrong, "next": ""})
        assert answer.status_code in {422, 429}, (answer.status_code, wrong)
    if not changes.keys() <= harmless:
        answer = client.post("/sign-in/", {"credential": damaged(right, changes), "next": ""})
        assert answer.status_code in {422, 429}
    Factor.objects.all().delete()


@pytest.mark.slow
@FUZZ
@given(
    changes=st.dictionaries(parts, values, min_size=1, max_size=4),
    text=values,
    place=st.integers(0, 10**6),
)
def test_any_damage_to_a_registration_is_refused_or_harmless_and_never_breaks(
    owner, changes, text, place
):  # fmt: skip
    client = browsers.browser_of(owner)
    client.raise_request_exception = False
    key = SoftKey()
    for damage in (
        lambda right: damaged(right, changes | {"id": b64(b"x")}),
        lambda right: bits(right, place),
        lambda _right: json.dumps(text),
    ):
        asked = passkeys.options(client, "/security/2fa/passkey/")
        wrong = damage(key.create(asked, ORIGIN))
        answer = client.post("/security/2fa/enable/", {"credential": wrong})
        # A bit may be in what nobody reads: a transport, an output of an extension.
        assert answer.status_code in {303, 422}, (answer.status_code, wrong)
        if answer.status_code == 303:
            assert bytes(Passkey.objects.get().credential_id) == key.credential_id
            Factor.objects.all().delete()
            RecoverySet.objects.all().delete()
    Session.objects.all().delete()
