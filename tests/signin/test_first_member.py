"""The first of the provider's people, by the link that a start prints while nobody is there."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from doorward.accounts import first_link
from doorward.accounts.errors import FirstLinkInvalid
from doorward.accounts.events import FIRST_LINK_MADE
from doorward.accounts.models import Administrator, FirstLink, Status
from doorward.audit.actor import CONSOLE, ClientInfo
from doorward.audit.models import Event
from doorward.credentials.models import Factor
from doorward.customers.models import Brand
from doorward.customers.tabs import BUILT_IN, OF_STAFF
from doorward.kernel.ratelimit import rules
from doorward.operations.checks import database
from doorward.permissions.errors import NotAuthorised
from doorward.policy.first_day import require_of_staff
from doorward.signin import first_member
from doorward.signin.events import FIRST_MEMBER_ADDED
from tests.kit import browsers, codes, people
from tests.kit.racing import at_once

pytestmark = pytest.mark.django_db
FORM = {
    "email": "nora@provider.example", "first_name": "Nora", "last_name": "Weber",
    "password": "nine kettles",
}  # fmt: skip


@pytest.fixture
def provider():
    return place()


def place():
    """Make what a start makes."""
    made = people.provider()
    require_of_staff(now=timezone.now())
    return made


def started():
    """Return the path of the link that a start prints; empty: none."""
    return urlsplit(first_link.renew(actor=CONSOLE, now=timezone.now())).path


def token_of(path):
    return path.split("/")[2]


def opened(path):
    browser = Client()
    answer = browser.get(path)
    assert (answer.status_code, answer["Location"]) == (303, "/first/")
    return browser


def there(provider):
    return list(Administrator.objects.of(provider.id).exclude(status=Status.REMOVED))


def add(path, email=FORM["email"]):
    new = first_member.FirstMember(**FORM | {"email": email})
    client = ClientInfo(host="localhost")
    return first_member.add(
        new, token=token_of(path), browser_token="", client=client, now=timezone.now()
    )


def test_whoever_opens_it_is_the_first_sets_up_a_factor_and_sees_everything(provider):
    path = started()
    browser = opened(path)
    page = browser.get("/first/").content.decode()
    assert 'data-page="first"' in page
    assert token_of(path) not in page
    answer = browser.post("/first/", FORM)
    assert answer.status_code == 303
    # Nothing of the portal before there is a second factor.
    for inside in ("/", "/customers/", "/administrators/"):
        assert browser.get(inside)["Location"] == "/sign-in/set-up/"
    secret = codes.shown_secret(browser.get("/sign-in/set-up/"))
    form = {"code": codes.code(secret), "name": "Phone"}
    assert browser.post("/sign-in/set-up/", form).status_code == 303
    assert browser.post("/sign-in/recovery-codes/", {"saved": "on"}).status_code == 303
    assert browser.get("/customers/").status_code == 200
    nora = there(provider)[0]
    assert (nora.status, nora.is_primary, nora.scope) == (Status.ACTIVE, True, "all")
    assert nora.tab_keys == frozenset(BUILT_IN + OF_STAFF)
    event = people.events(FIRST_MEMBER_ADDED)[0]
    assert (event.actor_email, event.credential) == ("nora@provider.example", "printed_link")
    # Later she signs in as everybody does.
    browsers.sign_in(Client(), people.again(nora), FORM["password"])
    assert Factor.objects.count() == 1


def test_opening_it_uses_nothing_up_and_it_works_once(provider):
    path = started()
    for scanner in (opened(path), opened(path)):
        assert scanner.get("/first/").status_code == 200
    late = opened(path)
    assert opened(path).post("/first/", FORM).status_code == 303
    assert late.get("/first/").status_code == 404
    other = FORM | {"email": "mallory@provider.example"}
    assert late.post("/first/", other).status_code == 422
    assert [one.email for one in there(provider)] == ["nora@provider.example"]


def test_it_takes_a_day_and_the_next_start_ends_it(provider, clock):
    first = started()
    second = started()
    assert opened(first).get("/first/").status_code == 404
    assert opened(second).get("/first/").status_code == 200
    clock.shift(first_link.LIFETIME)
    assert opened(second).post("/first/", FORM).status_code == 422
    assert there(provider) == []
    assert FirstLink.objects.count() == 1
    assert len(people.events(FIRST_LINK_MADE)) == 2


def test_a_start_between_the_look_and_the_use_ends_it(provider):
    link = first_link.find(token_of(started()), host="localhost", now=timezone.now())
    started()
    with pytest.raises(FirstLinkInvalid), transaction.atomic():
        first_link.consume(link, provider=first_link.provider_locked(), now=timezone.now())
    assert FirstLink.objects.count() == 1


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.INVITED, Status.SUSPENDED])
def test_it_ends_with_whoever_comes_by_another_way(provider, status):
    path = started()
    nora = people.make_administrator(provider, email="n@provider.example", status=status)
    assert opened(path).get("/first/").status_code == 404
    with pytest.raises(FirstLinkInvalid):
        add(path)
    # It does not come back with their going, and no start prints another one as long as they could come back.
    assert started() == ""
    Administrator.objects.of(provider.id).filter(id=nora.id).update(status=Status.REMOVED)
    assert opened(path).get("/first/").status_code == 404
    assert opened(started()).get("/first/").status_code == 200


def test_who_came_and_went_ends_it_for_good(provider):
    path = started()
    people.make_administrator(provider, email="n@provider.example", status=Status.REMOVED)
    assert opened(path).get("/first/").status_code == 404


def test_somebody_of_a_customer_is_none_of_the_providers(provider):
    people.make_administrator(people.make_customer())
    assert started()


def test_what_is_wrong_is_said_at_its_field_and_uses_nothing_up(provider):
    browser = opened(started())
    answer = browser.post("/first/", FORM | {"email": "no", "first_name": "", "last_name": ""})
    assert answer.status_code == 422
    assert answer.content.decode().count('class="error"') >= 2
    assert browser.post("/first/", FORM | {"password": "short"}).status_code == 422
    taken = people.make_administrator(people.make_customer())
    answer = browser.post("/first/", FORM | {"email": taken.email.upper()})
    assert (answer.status_code, there(provider)) == (422, [])
    assert browser.post("/first/", FORM).status_code == 303


def test_nothing_in_the_form_makes_it_more_or_elsewhere(provider):
    customer = people.make_customer()
    more = {"status": "invited", "tabs": "home", "customer": str(customer.id), "scope": "brands"}
    assert opened(started()).post("/first/", FORM | more).status_code == 303
    assert [one.customer_id for one in there(provider)] == [provider.id]


@pytest.mark.parametrize(
    "token", ["x" * 43, "x", "é" * 43, "x" * 300], ids=["one", "short", "other", "long"]
)
def test_a_made_up_token_is_none(provider, token):
    started()
    browser = opened(f"/first/{token}/")
    assert browser.get("/first/").status_code == 404
    assert browser.post("/first/", FORM).status_code == 422


def test_there_is_no_page_without_a_link(provider):
    assert Client().get("/first/").status_code == 404
    assert Client().post("/first/", FORM).status_code == 422
    assert Client(enforce_csrf_checks=True).post("/first/", FORM).status_code == 403


def test_at_another_brands_host_it_is_no_link(provider):
    path = started()
    Brand.objects.create(name="Other", issuer="Other", hosts=["other.example"])
    people.forget_caches()
    with pytest.raises(FirstLinkInvalid):
        first_link.find(token_of(path), host="other.example", now=timezone.now())


def test_neither_database_nor_history_has_the_token(provider):
    token = token_of(started())
    row = FirstLink.objects.get()
    assert token.encode() not in bytes(row.keyed_hash)
    assert token not in str(list(Event.objects.values()))


def test_only_the_console_makes_one(provider, owner):
    with pytest.raises(NotAuthorised):
        first_link.renew(actor=people.actor(owner), now=timezone.now())
    assert not FirstLink.objects.exists()


def test_check_says_that_one_is_open(provider):
    said = {one.check: one.verdict for one in database.look()}
    assert said["first-link"] == "fine"
    started()
    assert {one.check: one.verdict for one in database.look()}["first-link"] == "advice"
    people.make_administrator(provider)
    assert {one.check: one.verdict for one in database.look()}["first-link"] == "fine"


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_is_the_first():
    provider = place()
    path = started()
    emails = [f"p{number}@provider.example" for number in range(4)]
    done = at_once([partial(add, path, email) for email in emails])
    assert sum(not isinstance(one, Exception) for one in done) == 1, done
    assert len(there(provider)) == 1
    assert {type(one) for one in done if isinstance(one, Exception)} == {FirstLinkInvalid}


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_several_starts_at_once_one_link_works():
    place()
    paths = at_once([started] * 4)
    assert all(isinstance(one, str) and one for one in paths), paths
    assert sum(opened(one).get("/first/").status_code == 200 for one in paths) == 1
    assert FirstLink.objects.count() == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_who_comes_by_the_console_at_that_moment_does_not_leave_it_open():
    provider = place()
    path = started()
    console = partial(people.make_administrator, provider, email="console@provider.example")
    done = at_once([partial(add, path), console])
    assert not isinstance(done[1], Exception), done
    assert isinstance(done[0], FirstLinkInvalid) or len(there(provider)) == 2
    assert opened(path).get("/first/").status_code == 404


def test_what_strangers_tried_before_keeps_nobody_waiting(provider):
    typed = {"email": FORM["email"], "password": FORM["password"]}
    for _ in range(rules.FREE):
        assert Client().post("/sign-in/", typed).status_code == 422
    path = started()
    assert opened(path).post("/first/", FORM).status_code == 303
    assert Client().post("/sign-in/", typed).status_code == 303
