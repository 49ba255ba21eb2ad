"""The assistant for a new phone: add, try, retire; left at any point, and nothing off in between."""

from __future__ import annotations

import re
from base64 import b32decode
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.credentials import removal
from doorward.credentials.events import REAUTHENTICATED, RECOVERY_CODES_MADE, TWO_FACTOR_DISABLED
from doorward.credentials.models import Factor, RecoveryCode, SetUp
from doorward.gate import loading
from doorward.kernel.ratelimit import rules
from doorward.policy.fields import Kinds
from doorward.sessions import issuing
from doorward.sessions.errors import StaleRequest
from doorward.sessions.models import Session
from tests.kit import browsers, people, policies
from tests.kit import codes as kit_codes
from tests.kit.racing import at_once

if TYPE_CHECKING:
    import time_machine

COOKIE = settings.SESSION_COOKIE_NAME
HERE = "/security/new-phone/"
ADD = "/security/new-phone/add/"


def stage(client: Client) -> str:
    """Return the step that the page shows as the present one."""
    html = client.get(HERE).content.decode()
    assert 'data-page="new-phone"' in html
    found = re.search(r'aria-current="step"[^>]*>\s*<span>(.*?)</span>', html)
    assert found, html
    return found.group(1)


def text(answer: Any) -> str:
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).replace("&#39;", "'").split())


def shown(client: Client) -> bytes:
    found = re.search(r'id="manual-code">([^<]+)<', client.get(ADD).content.decode())
    assert found
    return b32decode(found.group(1).replace(" ", ""))


def add(client: Client, name: str = "Pixel 12") -> bytes:
    """Add the new phone over the pages; return its secret."""
    secret = shown(client)
    answer = client.post(ADD, {"code": kit_codes.code(secret), "name": name})
    assert (answer.status_code, answer["Location"]) == (303, HERE)
    return secret


def attempt(client: Client, code: str, device: str = "Pixel 12") -> Any:
    return client.post(HERE, {"code": code, "device": str(id_of(device))})


def id_of(name: str) -> Any:
    return Factor.objects.get(name=name).id


def retire(client: Client, name: str) -> Any:
    return client.post(f"/security/factors/{id_of(name)}/", {"remove": "on", "name": name})


@pytest.fixture
def codes(clock: time_machine.Traveller, owner: Administrator) -> list[str]:
    return kit_codes.saved_codes(owner)


@pytest.fixture
def old(clock: time_machine.Traveller, owner: Administrator, codes: list[str]) -> bytes:
    """Return the secret of the old phone, which is as good as any."""
    secret = kit_codes.enable_app(owner, name="Pixel 9")
    clock.shift(timedelta(days=400))
    return secret


def test_three_steps_and_the_codes_stay(owner, old, codes, clock):
    client = browsers.browser_of(owner)
    assert 'href="/security/new-phone/"' in client.get("/security/").content.decode()
    assert stage(client) == "Add"
    secret = add(client)
    assert stage(client) == "Test"
    assert Factor.objects.count() == 2
    clock.shift(timedelta(seconds=30))
    assert attempt(client, kit_codes.code(secret))["Location"] == HERE
    assert stage(client) == "Retire the old one"
    assert people.events(REAUTHENTICATED)[0].details["why"] == "new_device"
    answer = retire(client, "Pixel 9")
    assert (answer.status_code, answer["Location"]) == (303, "/security/?devices=changed")
    assert [one.name for one in Factor.objects.all()] == ["Pixel 12"]
    assert RecoveryCode.objects.filter(used_at__isnull=True).count() == len(codes)
    assert not people.events(TWO_FACTOR_DISABLED)
    assert not people.events(RECOVERY_CODES_MADE)


def test_it_is_left_at_every_point_and_taken_up_in_another_browser(owner, old, clock):
    first = browsers.browser_of(owner)
    shown(first)
    clock.shift(timedelta(minutes=11))
    assert stage(browsers.browser_of(owner)) == "Add"
    clock.shift(timedelta(minutes=1))
    second = browsers.browser_of(owner)
    secret = add(second)
    clock.shift(timedelta(minutes=1))
    third = browsers.browser_of(owner)
    assert stage(third) == "Test"
    attempt(third, kit_codes.code(secret))
    clock.shift(timedelta(days=20))
    assert stage(browsers.browser_of(owner)) == "Retire the old one"
    clock.shift(timedelta(days=11))
    assert stage(browsers.browser_of(owner)) == "Add"
    assert Factor.objects.count() == 2


def test_killed_between_showing_and_confirming_nothing_is_half_there(owner, old, clock):
    client = browsers.browser_of(owner)
    secret = shown(client)
    SetUp.objects.all().delete()  # as if forgotten, or another process had it
    answer = client.post(ADD, {"code": kit_codes.code(secret), "name": "Pixel 12"})
    assert answer.status_code == 422
    assert stage(client) == "Add"
    assert Factor.objects.count() == 1


def test_the_old_phone_signs_in_until_it_is_retired_and_then_no_more(owner, old, clock):
    client = browsers.browser_of(owner)
    secret = add(client)
    clock.shift(timedelta(minutes=1))
    browsers.browser_of(owner)  # with the old phone, `next_code` takes the oldest
    attempt(client, kit_codes.code(secret))
    clock.shift(timedelta(minutes=1))
    other = Client()
    other.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD})
    retire(browsers.browser_of(owner), "Pixel 9")
    assert id_of("Pixel 9")  # verified by the old one itself: another one is wanted
    clock.shift(timedelta(minutes=1))
    new = Client()
    new.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD})
    new.post("/sign-in/code/", {"code": kit_codes.code(secret)})
    assert retire(new, "Pixel 9").status_code == 303
    assert Factor.objects.get().name == "Pixel 12"
    late = Client()
    late.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD})
    assert late.post("/sign-in/code/", {"code": kit_codes.code(old)}).status_code == 422


def test_a_wrong_try_is_counted_on_the_new_device_alone(owner, old, clock):
    client = browsers.browser_of(owner)
    add(client)
    clock.shift(timedelta(minutes=1))
    for _ in range(rules.FREE):
        assert attempt(client, "000000").status_code == 422
    waits = attempt(client, "000000")
    assert (waits.status_code, waits["Retry-After"]) == (429, "30")
    rows = dict(Factor.objects.values_list("name", "failures_in_a_row"))
    assert rows == {"Pixel 9": 0, "Pixel 12": rules.FREE}
    assert stage(client) == "Test"


@pytest.mark.parametrize("code_of", ["the old phone", "the set-up"])
def test_neither_the_old_phone_nor_the_code_of_the_set_up_tries_the_new_one(
    owner, old, clock, code_of
):
    client = browsers.browser_of(owner)
    secret = add(client)
    code = kit_codes.code(secret)
    if code_of == "the old phone":
        clock.shift(timedelta(minutes=1))
        code = kit_codes.code(old)
    assert attempt(client, code).status_code == 422
    assert stage(client) == "Test"


def test_a_page_that_was_left_open_counts_nothing_once_it_is_out_of_date(owner, old, clock):
    client = browsers.browser_of(owner)
    secret = add(client)
    clock.shift(timedelta(seconds=30))
    tablet = add(client, "Tablet")
    assert attempt(client, kit_codes.code(secret), "Pixel 12")["Location"] == HERE
    clock.shift(timedelta(seconds=30))
    attempt(client, kit_codes.code(tablet), "Tablet")
    assert attempt(client, "000000", "Tablet")["Location"] == HERE
    assert not Factor.objects.filter(failures_in_a_row__gt=0)


def test_under_two_factors_required_nothing_changes(owner, old, clock):
    Administrator.objects.of(owner.customer_id).update(require_2fa=True)
    client = browsers.browser_of(owner)
    secret = add(client)
    clock.shift(timedelta(seconds=30))
    attempt(client, kit_codes.code(secret))
    assert retire(client, "Pixel 9").status_code == 303
    assert retire(client, "Pixel 12").status_code in {303, 422}
    assert Factor.objects.get().name == "Pixel 12"


def test_where_only_passkeys_are_enough_no_app_is_offered(owner, old, clock):
    client = browsers.browser_of(owner)
    policies.require(owner.customer_id, kinds=Kinds.PHISHING_RESISTANT)
    Factor.objects.create(
        administrator=owner, kind="passkey", name="Key", confirmed_at=timezone.now(),
        last_used_at=timezone.now(),
    )  # fmt: skip
    key = id_of("Key")
    Session.objects.update(factor_id=key)
    html = client.get(HERE).content.decode()
    assert "Test Key" in html
    add_page = client.get(ADD).content.decode()
    assert 'id="manual-code"' not in add_page


def test_the_old_phone_is_gone_a_recovery_code_serves_ten_minutes(owner, old, codes, clock):
    client = Client()
    client.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD})
    client.post("/sign-in/recovery/", {"code": codes[0]})
    page = client.get(HERE)
    assert "You signed in with a recovery code. Until 09:10" in text(page)
    assert "gone already" not in text(page)
    secret = add(client)
    clock.shift(timedelta(seconds=30))
    attempt(client, kit_codes.code(secret))
    assert "Retire the lost one now" in text(client.get(HERE))
    assert retire(client, "Pixel 9").status_code == 303
    assert Factor.objects.get().name == "Pixel 12"


def test_after_the_ten_minutes_it_says_what_to_do(owner, old, codes, clock):
    client = Client()
    client.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD})
    client.post("/sign-in/recovery/", {"code": codes[0]})
    clock.shift(timedelta(minutes=10))
    assert "The ten minutes of your recovery code are over." in text(client.get(HERE))
    assert client.get(ADD)["Location"].startswith("/prove/")


def test_with_the_phone_at_hand_it_says_which_way_to_go_without(owner, old, clock):
    said = text(browsers.browser_of(owner).get(HERE))
    assert "Is the old phone gone already?" in said
    assert "For ten minutes that code replaces the old phone" in said


def test_adding_wants_a_fresh_proof_and_the_assistant_itself_none(owner, old, clock):
    client = browsers.browser_of(owner)
    clock.shift(timedelta(minutes=6))
    assert client.get(HERE).status_code == 200
    assert client.get(ADD)["Location"].startswith("/prove/")


def test_without_two_factors_there_is_nothing_to_move(owner, colleague):
    client = browsers.browser_of(colleague)
    assert client.get(HERE)["Location"] == "/security/"
    assert client.post(HERE, {"code": "1", "device": "x"})["Location"] == "/security/"
    assert client.get(ADD)["Location"] == "/security/2fa/enable/"
    assert Client().get(HERE)["Location"].startswith("/sign-in/")


def test_nobody_tries_or_retires_a_colleague_s_device(owner, colleague, old, clock):
    kit_codes.enable_app(colleague, name="Theirs")
    client = browsers.browser_of(owner)
    assert attempt(client, "000000", "Theirs")["Location"] == HERE
    assert retire(client, "Theirs").status_code == 404
    assert Factor.objects.filter(failures_in_a_row__gt=0).count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_who_retire_each_the_other_device_at_once_leave_one():
    person = people.make_administrator(people.make_customer())
    for name in ("Pixel 9", "Pixel 12"):
        kit_codes.enable_app(person, name=name)
    now, actor = timezone.now(), people.actor(person)

    def proved_by_the_other(name: str) -> Any:
        other = Factor.objects.exclude(name=name).get()
        started = issuing.begin(
            person, actor=actor, now=now, password_at=now, factor_at=now, factor_id=other.id
        )
        auth, factor_id = loading.load(started.token, now=now), id_of(name)
        assert auth is not None
        return lambda: removal.remove(factor_id, auth=auth, actor=actor, now=now)

    found = at_once([proved_by_the_other(name) for name in ("Pixel 9", "Pixel 12")])
    assert sum(isinstance(one, StaleRequest) for one in found) == 1, found
    assert Factor.objects.count() == 1
    assert not people.events(TWO_FACTOR_DISABLED)


@pytest.mark.django_db(transaction=True)
def test_added_twice_at_once_it_is_one_device():
    person = people.make_administrator(people.make_customer())
    kit_codes.enable_app(person, name="Pixel 9")
    client = browsers.browser_of_with_factor(person)
    form = {"code": kit_codes.code(shown(client)), "name": "Pixel 12"}

    def send() -> int:
        browser = Client()
        browser.cookies[COOKIE] = client.cookies[COOKIE].value
        return browser.post(ADD, form).status_code

    assert at_once([send] * 4).count(303) >= 1
    assert sorted(one.name for one in Factor.objects.all()) == ["Pixel 12", "Pixel 9"]
