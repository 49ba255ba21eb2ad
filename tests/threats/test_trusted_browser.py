"""A trusted browser spares the second step where the policy allows it, and nothing else, to nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts import mailed_links, services
from doorward.accounts.models import Administrator, MailedLink, Status
from doorward.audit.actor import CONSOLE
from doorward.credentials import removal as mfa
from doorward.credentials.errors import TrustNotAllowed
from doorward.credentials.events import BROWSER_TRUSTED
from doorward.credentials.models import Factor, TrustedBrowser
from doorward.credentials.recovery_codes import codes
from doorward.credentials.trusted_browsers import policy_change, trust
from doorward.policy import versions
from doorward.policy.fields import Kinds, RequiredOf
from doorward.policy.rules import FactorKind
from doorward.policy.versions import Wanted
from doorward.sessions.events import SIGNED_IN
from doorward.sessions.models import Session
from doorward.web.http.cookies import TRUSTED as NAME
from tests.kit import browsers, passkeys, people, policies
from tests.kit import codes as kit_codes
from tests.kit.racing import at_once
from tests.threats.trusting import allow, give_password, trusting

if TYPE_CHECKING:
    from doorward.sessions.context import AuthContext

pytestmark = pytest.mark.django_db


def is_spared(client: Client, person: Administrator, password: str = people.PASSWORD) -> bool:
    """Return whether the second step is left out in this browser."""
    client.post("/sign-out/")
    return give_password(client, person, password) == "through"


def cookie(client: Client) -> str:
    return client.cookies[NAME].value


# --- what it is for -------------------------------------------------------------------------------


def test_it_spares_the_second_step_and_history_says_so(owner):
    client = trusting(owner)
    assert is_spared(client, owner)
    (event,) = people.events(BROWSER_TRUSTED)
    assert (event.subject_id, event.details["days"]) == (owner.id, 30)
    assert people.events(SIGNED_IN)[-1].details["with"] == "trusted_browser"
    assert TrustedBrowser.objects.get().used_at is not None


def test_the_cookie_is_out_of_reach_and_the_row_does_not_have_it(owner):
    mark = trusting(owner).cookies[NAME]
    assert (mark["httponly"], mark["samesite"], mark["path"]) == (True, "Lax", "/")
    assert mark["max-age"] == 30 * 24 * 3600
    assert len(mark.value) == 43
    assert mark.value.encode() not in bytes(TrustedBrowser.objects.get().token_hash)


def test_who_does_not_bring_it_costs_no_query_more(owner, django_assert_num_queries):
    client = trusting(owner)
    browsers.sign_in(client, owner)
    client.get("/support/")
    with django_assert_num_queries(1):
        assert client.get("/support/").status_code == 200
    del client.cookies[NAME]
    with django_assert_num_queries(1):
        assert client.get("/support/", follow=False).status_code in {200, 303}


def test_a_box_that_is_not_ticked_trusts_nothing(owner):
    allow(owner)
    kit_codes.enable_app(owner)
    client = browsers.browser_of(owner)
    assert NAME not in client.cookies
    assert not is_spared(client, owner)


def test_a_passkey_at_the_second_step_serves_as_well(owner):
    allow(owner)
    key = passkeys.add(owner)
    client = Client(HTTP_HOST=passkeys.ORIGIN.removeprefix("http://"))
    give_password(client, owner)
    page = client.get("/sign-in/code/").content.decode()
    assert 'name="trust"' in page
    assert 'form="passkey-form"' in page
    asked = passkeys.options(client, "/sign-in/code/passkey/")
    credential = key.get(asked, passkeys.ORIGIN)
    client.post("/sign-in/code/", {"credential": credential, "trust": "on"})
    assert is_spared(client, owner)


# --- whom it is not for ---------------------------------------------------------------------------


def test_the_cookie_alone_opens_nothing(owner):
    thief = Client()
    thief.cookies[NAME] = cookie(trusting(owner))
    assert thief.get("/security/")["Location"].startswith("/sign-in/?next=")
    assert give_password(thief, owner, "not the password at all") != "through"


def test_nor_does_the_password_without_the_cookie(owner):
    trusting(owner)
    assert give_password(Client(), owner) == "/sign-in/code/"


@pytest.mark.parametrize("whose", ["colleague", "outsider"])
def test_it_is_no_use_to_another_person(owner, whose, request):
    other = request.getfixturevalue(whose)
    allow(other)
    kit_codes.enable_app(other)
    client = trusting(owner)
    assert not is_spared(client, other)
    # Nor does it shut its owner out.
    assert is_spared(client, owner)


@pytest.mark.parametrize(
    "forged", ["", "x", "A" * 43, "A" * 4000, "ä" * 43, "' OR 1=1 --", "\x00" * 43, "A" * 42]
)
def test_a_made_up_cookie_is_none(owner, forged):
    trusting(owner)
    client = Client()
    client.cookies[NAME] = forged
    assert give_password(client, owner) == "/sign-in/code/"
    assert client.get("/sign-in/code/").status_code == 200


def test_a_token_that_somebody_planted_is_never_taken(owner):
    allow(owner)
    kit_codes.enable_app(owner)
    planted = "p" * 43
    client = Client()
    client.cookies[NAME] = planted
    give_password(client, owner)
    client.post("/sign-in/code/", {"code": kit_codes.next_code(owner), "trust": "on"})
    assert cookie(client) != planted
    thief = Client()
    thief.cookies[NAME] = planted
    assert give_password(thief, owner) == "/sign-in/code/"


def test_it_is_never_a_fresh_proof(owner):
    client = trusting(owner)
    assert is_spared(client, owner)
    for path in ("/security/2fa/add/", "/security/recovery-codes/", "/security/sessions/end/"):
        assert client.post(path, {"others": "on"})["Location"].startswith("/prove/")
    assert client.post("/administrators/add/", {})["Location"].startswith("/prove/")
    refused = client.post("/security/2fa/disable/", {"code": "000000"})
    assert refused.status_code == 422
    proved = client.post("/prove/", {"code": kit_codes.next_code(owner), "next": "/security/"})
    assert proved.status_code == 303
    assert client.get("/security/2fa/add/").status_code == 200


# --- where it does not begin ----------------------------------------------------------------------


def test_the_box_is_there_only_where_the_policy_allows_it(owner):
    kit_codes.enable_app(owner)
    client = Client()
    give_password(client, owner)
    assert 'name="trust"' not in client.get("/sign-in/code/").content.decode()
    allow(owner, 7)
    page = client.get("/sign-in/code/").content.decode()
    assert 'name="trust"' in page
    assert "Trust this browser for 7 days" in page


def test_ticked_all_the_same_it_is_refused_and_the_sign_in_goes_on(owner):
    kit_codes.enable_app(owner)
    client = Client()
    give_password(client, owner)
    client.post("/sign-in/code/", {"code": kit_codes.next_code(owner), "trust": "on"})
    assert NAME not in client.cookies
    assert not TrustedBrowser.objects.exists()
    page = client.get("/security/")
    assert page.status_code == 200
    assert "your account does not allow it" in page.content.decode()


def test_a_wrong_code_trusts_nothing_and_keeps_the_tick(owner):
    allow(owner)
    kit_codes.enable_app(owner)
    client = Client()
    give_password(client, owner)
    answer = client.post("/sign-in/code/", {"code": "000000", "trust": "on"})
    assert answer.status_code == 422
    assert " checked" in answer.content.decode().partition('name="trust"')[2][:200]
    assert not TrustedBrowser.objects.exists()


def test_a_recovery_code_trusts_nothing_and_ends_what_was_trusted(owner):
    other = trusting(owner)
    codes.make(owner, now=timezone.now())
    (one, *_rest) = codes.unsaved(owner.id)
    codes.confirm_saved(administrator_id=owner.id, actor=people.actor(owner), now=timezone.now())
    client = Client()
    give_password(client, owner)
    assert 'name="trust"' not in client.get("/sign-in/recovery/").content.decode()
    client.post("/sign-in/recovery/", {"code": one, "trust": "on"})
    assert client.get("/security/").status_code == 200
    assert NAME not in client.cookies
    assert not is_spared(other, owner)


def assert_refused(auth: AuthContext, person: Administrator) -> None:
    """See that an app's code, given now, would trust nothing."""
    actor, now = people.actor(person), timezone.now()
    with pytest.raises(TrustNotAllowed):
        trust.begin(auth=auth, kind=FactorKind.APP, old_token="", actor=actor, now=now)


def test_nor_does_a_factor_in_a_session_that_a_recovery_code_began(owner):
    allow(owner)
    kit_codes.enable_app(owner)
    auth = passkeys.begin(owner, recovery_at=timezone.now())
    assert_refused(auth, owner)


def test_nor_does_an_app_that_is_disabled(owner):
    allow(owner)
    kit_codes.enable_app(owner)
    Factor.objects.update(locked_at=timezone.now())
    auth = passkeys.begin(owner)
    assert not trust.is_offered(auth)
    assert_refused(auth, owner)


def test_trusted_anew_a_browser_has_one_trust(owner):
    client = trusting(owner)
    old = cookie(client)
    TrustedBrowser.objects.update(until=timezone.now())
    assert give_password(client, owner) == "/sign-in/code/"
    client.post("/sign-in/code/", {"code": kit_codes.next_code(owner), "trust": "on"})
    assert TrustedBrowser.objects.count() == 1
    assert is_spared(client, owner)
    thief = Client()
    thief.cookies[NAME] = old
    assert give_password(thief, owner) == "/sign-in/code/"


def test_setting_up_trusts_nothing(owner):
    allow(owner, required_of=RequiredOf.EVERYONE)
    client = browsers.browser_of(owner)
    for path in ("/sign-in/mailbox/", "/sign-in/set-up/"):
        client.post(path, {"code": "000000", "trust": "on"})
    assert NAME not in client.cookies


def test_a_code_that_the_policy_does_not_take_trusts_nothing(owner):
    allow(owner, required_of=RequiredOf.EVERYONE, kinds=Kinds.PHISHING_RESISTANT)
    kit_codes.enable_app(owner)
    passkeys.add(owner)
    client = Client(HTTP_HOST=passkeys.ORIGIN.removeprefix("http://"))
    give_password(client, owner)
    client.post("/sign-in/code/", {"code": kit_codes.next_code(owner), "trust": "on"})
    assert NAME not in client.cookies
    assert client.get("/security/")["Location"] == "/sign-in/code/"


# --- what ends it ---------------------------------------------------------------------------------


def disable(person, client):
    client.post("/security/2fa/disable/", {"code": kit_codes.next_code(person)})
    kit_codes.enable_app(person)


def change_password(person, client):
    fields = {"current": people.PASSWORD, "password": people.OTHER_PASSWORD}
    assert client.post("/profile/password/", fields).status_code == 303
    return people.OTHER_PASSWORD


def reset_password(person, client):
    Client().post("/password/forgot/", {"email": person.email})
    people.answer_asked()
    link = MailedLink.objects.filter(administrator=person).latest("created_at")
    stranger = Client()
    page = stranger.get(mailed_links.path(link))["Location"]
    stranger.post(page, {"password": people.OTHER_PASSWORD})
    return people.OTHER_PASSWORD


def reset_factors(person, client):
    mfa.reset(person, actor=CONSOLE, now=timezone.now())
    kit_codes.enable_app(person)


def end_other_sessions(person, client):
    assert client.post("/security/sessions/end/", {"others": "on"}).status_code == 303


def remove_a_factor(person, client):
    kit_codes.enable_app(person, name="Tablet")
    tablet = Factor.objects.get(administrator=person, name="Tablet")
    client.post(f"/security/factors/{tablet.id}/", {"name": "Tablet", "remove": "on"})
    assert not Factor.objects.filter(name="Tablet").exists()


def suspend_and_restore(person, client):
    for status in (Status.SUSPENDED, Status.ACTIVE):
        wanted = services.Change(status=status, confirmed=True)
        now = timezone.now()
        services.change(person.id, wanted, customer_id=person.customer_id, actor=CONSOLE, now=now)


def require_it(person, client):
    wanted = services.Change(require_2fa=True)
    now = timezone.now()
    services.change(person.id, wanted, customer_id=person.customer_id, actor=CONSOLE, now=now)


def end_this_one(person, client):
    row = TrustedBrowser.objects.get(administrator=person)
    answer = client.post("/security/trusted-browsers/end/", {"browser": str(row.id)})
    assert (answer.status_code, answer["Location"]) == (303, "/security/")


def end_all(person, client):
    assert client.post("/security/trusted-browsers/end/", {"all": "on"}).status_code == 303


def change_policy(person, client, **changes):
    """Change the policy over the page, then change it back."""
    owner = versions.policy_of_customer(person.customer_id)
    for more in (changes, {}):
        fields = {"seen": str(owner.versions().count()), "required_of": "ticked", "from": ""}
        fields |= {"newcomer_days": "0", "session_hours": "12", "idle_minutes": "30"}
        fields |= {"recovery_by": "colleague", "recovery_wait_hours": "0", "support_access": "ask"}
        fields |= {"kinds": "any", "trust_days": "30"} | more
        assert client.post("/account/", fields).status_code == 303


def policy_off(person, client):
    change_policy(person, client, trust_days="0")


def only_passkeys(person, client):
    change_policy(person, client, kinds="phishing_resistant")


def policy_requires(person, client):
    change_policy(person, client, required_of="everyone")


def minimum(person, client):
    policies.require_by_minimum(person.customer_id)
    policies.require_by_minimum(person.customer_id, required=False)


def minimum_of_the_brand(person, client):
    policies.require_by_brand(person.customer.brand_id)
    policies.require_by_brand(person.customer.brand_id, required=False)


ENDINGS = (
    disable,
    change_password,
    reset_password,
    reset_factors,
    end_other_sessions,
    remove_a_factor,
    suspend_and_restore,
    require_it,
    end_this_one,
    end_all,
    policy_off,
    only_passkeys,
    policy_requires,
    minimum,
    minimum_of_the_brand,
)


@pytest.fixture
def keeper(owner) -> Administrator:
    """Somebody else with the Administrators tab, so that the owner may be suspended."""
    return people.make_administrator(
        owner.customer, email="keeper@harbourbakery.example", tabs=people.ALL_TABS
    )


@pytest.mark.usefixtures("keeper")
@pytest.mark.parametrize("end", ENDINGS, ids=lambda end: end.__name__)
def test_an_old_cookie_is_dead_after(owner, end):
    client = trusting(owner)
    old = cookie(client)
    assert is_spared(client, owner)
    client.post("/prove/", {"code": kit_codes.next_code(owner), "next": "/"})
    password = end(owner, client) or people.PASSWORD
    thief = Client()
    thief.cookies[NAME] = old
    assert give_password(thief, owner, password) == "/sign-in/code/"
    # What holds no more is deleted, and does not hold again when what ended it is undone.
    trust.forget(now=timezone.now())
    assert not TrustedBrowser.objects.exists()


def test_where_none_is_allowed_any_more_none_is_kept(owner):
    trusting(owner)
    allow(owner, 0)
    assert not TrustedBrowser.objects.exists()


def test_what_still_holds_is_not_forgotten(owner):
    client = trusting(owner)
    assert trust.forget(now=timezone.now() + timedelta(days=29)) == 0
    assert is_spared(client, owner)
    assert trust.forget(now=timezone.now() + timedelta(days=31)) == 1


def test_it_ends_by_time_and_a_shortened_policy_shortens_it(owner, clock):
    client = trusting(owner, days=14)
    clock.shift(timedelta(days=13, hours=23))
    allow(owner, 30)
    # A policy that allows more gives nothing to who was trusted for less.
    assert is_spared(client, owner)
    clock.shift(timedelta(hours=2))
    assert not is_spared(client, owner)
    client = trusting(owner, days=14)
    clock.shift(timedelta(days=7))
    assert is_spared(client, owner)
    allow(owner, 7)
    assert not is_spared(client, owner)
    allow(owner, 30)
    assert not is_spared(client, owner)


def test_a_planned_policy_shortens_it_from_its_moment_whether_the_worker_works_or_not(owner, clock):
    client = trusting(owner, days=14)
    now, policy = timezone.now(), versions.policy_of_customer(owner.customer_id)
    values = replace(policies.of(owner.customer_id), trust_days=2)
    planned = Wanted(values=values, starts_at=now + timedelta(days=7))
    policy_change.save(policy, planned, actor=CONSOLE, now=now)
    clock.shift(timedelta(days=6, hours=23))
    assert is_spared(client, owner)
    clock.shift(timedelta(hours=1))
    assert not is_spared(client, owner)
    assert policy_change.begin_due(now=timezone.now()) == 1
    assert not TrustedBrowser.objects.exists()
    allow(owner, 14)
    assert not is_spared(client, owner)


def test_a_policy_that_was_shortened_on_its_page_is_not_lengthened_again(owner, clock):
    client = trusting(owner, days=30)
    assert is_spared(client, owner)
    client.post("/prove/", {"code": kit_codes.next_code(owner), "next": "/"})
    change_policy(owner, client, trust_days="2")
    assert is_spared(client, owner)
    clock.shift(timedelta(days=2))
    assert not is_spared(client, owner)


def test_a_session_that_came_in_by_it_is_asked_at_the_next_click(owner):
    client = trusting(owner)
    assert is_spared(client, owner)
    allow(owner, 0)
    assert client.get("/security/")["Location"] == "/sign-in/code/"
    client.post("/sign-in/code/", {"code": kit_codes.next_code(owner)})
    assert client.get("/security/").status_code == 200


def test_nobody_ends_anothers(owner, colleague):
    client = trusting(owner)
    row = TrustedBrowser.objects.get()
    hostile = browsers.browser_of(colleague)
    for browser in (str(row.id), "x"):
        answer = hostile.post("/security/trusted-browsers/end/", {"browser": browser})
        assert answer.status_code == 404
    assert hostile.post("/security/trusted-browsers/end/", {"all": "on"}).status_code == 303
    assert hostile.get("/security/trusted-browsers/end/").status_code == 405
    assert hostile.post("/security/trusted-browsers/end/", {}).status_code == 422
    assert is_spared(client, owner)


def test_ending_wants_a_fresh_proof(owner):
    client = trusting(owner)
    assert is_spared(client, owner)
    answer = client.post("/security/trusted-browsers/end/", {"all": "on"})
    assert answer["Location"].startswith("/prove/")
    assert TrustedBrowser.objects.exists()


def test_the_page_lists_what_counts_and_whose_it_is(owner, colleague):
    trusting(colleague)
    client = trusting(owner)
    assert is_spared(client, owner)
    page = client.get("/security/").content.decode().partition('id="trusted-browsers"')[2]
    listed = page.partition("</section>")[0]
    assert listed.count("Chrome on Linux</strong>") == 1
    assert "This one" in listed
    allow(owner, 0)
    assert (
        'id="trusted-browsers"' not in browsers.browser_of(owner).get("/security/").content.decode()
    )


# --- at once --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_one_code_sent_twice_at_once_one_browser_is_trusted(owner):
    allow(owner)
    kit_codes.enable_app(owner)
    first, second = Client(), Client()
    for client in (first, second):
        give_password(client, owner)
    form = {"code": kit_codes.next_code(owner), "trust": "on"}
    at_once([partial(client.post, "/sign-in/code/", form) for client in (first, second)])
    assert TrustedBrowser.objects.count() == 1
    assert sorted(is_spared(client, owner) for client in (first, second)) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_a_trust_that_races_a_changed_password_is_dead(owner):
    allow(owner)
    kit_codes.enable_app(owner)
    client, other = Client(), browsers.browser_of(owner)
    give_password(client, owner)
    Factor.objects.update(last_step=0)
    form = {"code": kit_codes.next_code(owner), "trust": "on"}
    fields = {"current": people.PASSWORD, "password": people.OTHER_PASSWORD}
    at_once(
        [
            lambda: client.post("/sign-in/code/", form),
            lambda: other.post("/profile/password/", fields),
        ]
    )
    assert Session.objects.filter(ended_at__isnull=True).count() == 1
    assert not is_spared(client, owner, people.OTHER_PASSWORD)
