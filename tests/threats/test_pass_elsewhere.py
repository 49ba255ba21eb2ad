"""A set-up pass away from home: at another brand's host, or another customer, it opens nothing and stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts.customer_closing import change_customer
from doorward.audit.actor import CONSOLE
from doorward.customers import cached
from doorward.customers import services as customers
from doorward.customers.models import Brand, Customer, CustomerStatus
from doorward.recovery.errors import PassWrong
from doorward.recovery.events import PASS_USED
from doorward.recovery.models import SetUpPass
from tests.kit import codes, people
from tests.kit.recovering import come_in, help_with, long_ago

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db

HERE, THERE = "portal.harbour.example", "portal.brightwave.example"
TRIES = 5


@pytest.fixture
def there(owner: Administrator, outsider: Administrator) -> Brand:
    """Give the owner's customer a brand of its own, and the outsider's another one; return that one."""
    made = [
        Brand.objects.create(name=name, issuer=name, hosts=[host])
        for name, host in (("Harbour", HERE), ("Brightwave", THERE))
    ]
    for person, brand in zip((owner, outsider), made, strict=True):
        Customer.objects.filter(id=person.customer_id).update(brand=brand)
    cached.forget()
    return made[1]


@pytest.fixture
def lost(there: Brand, owner: Administrator, colleague: Administrator) -> Administrator:
    """Return somebody of the owner's customer who has lost their app."""
    for one in (owner, colleague):
        codes.enable_app(one)
        long_ago(one)
    return people.again(colleague)


@pytest.fixture
def words(lost: Administrator, owner: Administrator) -> str:
    """Return the words of the pass that the owner was shown for them."""
    return " ".join(help_with(lost, people.again(owner)).words)


@pytest.fixture
def stranger(outsider: Administrator) -> Administrator:
    """Return somebody of the other customer who has lost their app, too."""
    person = people.make_administrator(outsider.customer, email="mallory@fabrikam.example")
    for one in (outsider, person):
        codes.enable_app(one)
        long_ago(one)
    return people.again(person)


def at(host: str, other: Client | None = None) -> Client:
    """Return a browser at a host; `other`: with the cookies of that one, as nobody's browser would."""
    client = Client(HTTP_HOST=host, HTTP_USER_AGENT=people.CHROME)
    for name, value in other.cookies.items() if other else ():
        client.cookies[name] = value.value
    return client


def with_password(person: Administrator, host: str) -> Client:
    browser = at(host)
    answer = browser.post("/sign-in/", {"email": person.email, "password": people.PASSWORD})
    assert answer.status_code == 303
    return browser


def give(browser: Client, words: str) -> Any:
    return browser.post("/sign-in/pass/", {"pass": words})


def leads_to_the_set_up(browser: Client) -> bool:
    answer = browser.get("/")
    return answer.status_code == 303 and str(answer["Location"]) == "/sign-in/set-up/"


def is_as_it_was(person: Administrator) -> bool:
    """Return whether nobody has used or tried the person's pass."""
    made = SetUpPass.objects.get(administrator=person)
    return (made.used_at, made.ended_at, made.tries) == (None, None, 0)


def test_where_its_person_carries_their_session_to_another_brands_host(lost, words):
    browser = with_password(lost, HERE)
    answer = give(at(THERE, browser), words)
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (303, "/sign-in/")
    assert is_as_it_was(lost)
    # At home it lets them in, in that very session.
    assert give(browser, words).status_code == 303
    assert leads_to_the_set_up(browser)


def test_where_the_session_that_it_let_in_is_carried_there(lost, words):
    browser = with_password(lost, HERE)
    give(browser, words)
    elsewhere = at(THERE, browser)
    for path in ("/", "/sign-in/set-up/"):
        assert elsewhere.get(path)["Location"].partition("?")[0] == "/sign-in/"
    secret = codes.shown_secret(browser.get("/sign-in/set-up/"))
    done = elsewhere.post("/sign-in/set-up/", {"code": codes.code(secret), "name": "New"})
    assert done["Location"].partition("?")[0] == "/sign-in/"
    assert leads_to_the_set_up(browser)


@pytest.mark.parametrize("host", [HERE, THERE])
def test_where_somebody_of_another_customer_types_it(lost, words, stranger, host):
    """At their own host they have their password and a lost device of their own; at this one they have nothing."""
    if host == HERE:
        answer = at(HERE).post("/sign-in/", {"email": stranger.email, "password": people.PASSWORD})
        assert answer.status_code == 422
        browser = at(HERE)
    else:
        browser = with_password(stranger, THERE)
    for _ in range(TRIES + 1):
        assert not leads_to_the_set_up(browser)
        give(browser, words)
    assert is_as_it_was(lost)
    assert not people.events(PASS_USED)
    come_in(lost, tuple(words.split()))


def test_where_both_have_one_each_opens_its_own_alone(lost, words, stranger, outsider):
    theirs = " ".join(help_with(stranger, people.again(outsider)).words)
    for person, foreign in ((lost, theirs), (stranger, words)):
        with pytest.raises(PassWrong):
            come_in(person, tuple(foreign.split()))
    assert [one.tries for one in SetUpPass.objects.all()] == [1, 1]
    for person, own in ((lost, words), (stranger, theirs)):
        come_in(person, tuple(own.split()))


def move(person: Administrator, brand: Brand) -> None:
    wanted = customers.CustomerChange(
        name=person.customer.name, brand_id=brand.id, status=CustomerStatus.ACTIVE, confirmed=True
    )
    change_customer(person.customer_id, wanted, actor=CONSOLE, now=timezone.now())


@pytest.mark.parametrize("used", [False, True], ids=["not used yet", "at the set-up"])
def test_where_its_customer_is_moved_to_another_brand_meanwhile(lost, words, there, used):
    """The sessions end with the move; a pass that nobody used lets its person in at the new home, and only there."""
    browser = with_password(lost, HERE)
    if used:
        give(browser, words)
    move(lost, there)
    for host in (HERE, THERE):
        assert not leads_to_the_set_up(at(host, browser))
        assert give(at(host, browser), words)["Location"].partition("?")[0] == "/sign-in/"
    new = with_password(lost, THERE)
    assert give(new, words).status_code == (422 if used else 303)
    assert leads_to_the_set_up(new) is not used
    move(lost, lost.customer.brand)
    assert not leads_to_the_set_up(browser)
