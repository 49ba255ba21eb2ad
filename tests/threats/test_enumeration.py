"""A stranger finds out who has an account: by text, status, time or mail."""

from __future__ import annotations

import re
import time
from statistics import median
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from doorward.accounts import mailed_links
from doorward.accounts.models import Administrator, MailedLink, Status
from doorward.customers.models import Customer, CustomerStatus
from doorward.kernel.models import Attempt
from doorward.kernel.ratelimit import mail_budget, rules
from doorward.settings import django as real
from doorward.signin import decoys, forgotten_password
from doorward.signin.events import PASSWORD_LINK_ASKED, SIGN_IN_FAILED
from doorward.signin.models import AskedLink
from tests.kit import people

pytestmark = pytest.mark.django_db


def text_of(answer: Any, *, without: str) -> str:
    """Return a page without what differs each time, and without what was typed."""
    page = answer.content.decode().replace(without, "")
    return re.sub(r'(nonce|value)="[^"]*"|[A-Za-z0-9_-]{40,}|[0-9a-f]{32}', "", page)


NOBODY = "nobody@harbourbakery.example"
WHO = ("unknown", "wrong", "suspended", "removed", "invited", "customer suspended", "locked out")


def refused(who: str, owner: Administrator) -> tuple[str, str]:
    """Arrange a sign-in that is refused; return its e-mail and password."""
    rows = Administrator.objects.of(owner.customer_id).filter(id=owner.id)
    match who:
        case "unknown":
            return NOBODY, people.PASSWORD
        case "wrong":
            return owner.email, "not the password at all"
        case "suspended":
            rows.update(status=Status.SUSPENDED)
        case "removed":
            rows.update(status=Status.REMOVED)
        case "invited":
            return people.invite(owner.customer).email, people.PASSWORD
        case "customer suspended":
            Customer.objects.filter(id=owner.customer_id).update(status=CustomerStatus.SUSPENDED)
        case _:
            rows.update(password="!")
    return owner.email, people.PASSWORD


@pytest.mark.parametrize("who", WHO)
def test_every_refused_sign_in_gets_the_same_answer(owner, customer, who):
    email, word = refused(who, owner)
    answer = Client().post("/sign-in/", {"email": email, "password": word})
    nobody = Client().post("/sign-in/", {"email": NOBODY, "password": "x"})
    assert answer.status_code == nobody.status_code == 422
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
    assert set(answer.headers) == set(nobody.headers)
    assert set(answer.cookies) == set(nobody.cookies)
    assert text_of(answer, without=email) == text_of(nobody, without=NOBODY)
    assert "E-mail and password do not match" in answer.content.decode()
    assert word not in answer.content.decode()
    reasons = [event.details["reason"] for event in people.events(SIGN_IN_FAILED)]
    # Of e-mails that nobody has only the first is a line of its own.
    assert reasons == ["wrong_credentials"] * (1 if who == "unknown" else 2)


@pytest.mark.parametrize("known", [True, False])
def test_who_has_to_wait_is_told_the_same(owner, clock, known):
    email = owner.email if known else NOBODY
    for _ in range(rules.FREE):
        Client().post("/sign-in/", {"email": email, "password": "wrong"})
    answer = Client().post("/sign-in/", {"email": email, "password": people.PASSWORD})
    assert (answer.status_code, answer["Retry-After"]) == (429, "30")


def test_forgotten_passwords_get_the_same_answer_and_a_mail_only_where_somebody_is(owner, customer):
    invited = people.invite(customer).email
    links_before = MailedLink.objects.count()
    answers = []
    for email in (owner.email, NOBODY, invited, "not an e-mail", "\x00"):
        answer = Client().post("/password/forgot/", {"email": email})
        assert (answer.status_code, answer["Location"]) == (303, "/password/forgot/sent/")
        answers.append((set(answer.headers), set(answer.cookies), answer.content))
    assert answers == [answers[0]] * len(answers)
    assert MailedLink.objects.count() == links_before
    people.answer_asked()
    assert MailedLink.objects.count() == links_before + 1
    asked = people.events(PASSWORD_LINK_ASKED)
    assert [event.subject_id for event in asked if event.details.get("link")] == [owner.id]


def test_pressed_twice_it_is_one_mail_and_the_same_answer(owner):
    """Another browser, one that comes a minute later, or once the link was used, gets one of its own."""
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    browser, other = Client(HTTP_USER_AGENT=people.CHROME), Client(HTTP_USER_AGENT=firefox)

    def ask(one: Client, links: int) -> None:
        answer = one.post("/password/forgot/", {"email": owner.email})
        assert (answer.status_code, answer["Location"]) == (303, "/password/forgot/sent/")
        people.answer_asked()
        assert MailedLink.objects.count() == links
        assert len(people.events(PASSWORD_LINK_ASKED)) == links

    ask(browser, 1)
    ask(browser, 1)
    ask(other, 2)
    MailedLink.objects.update(used_at=timezone.now())
    ask(browser, 3)
    AskedLink.objects.all().delete()
    with time_machine.travel(timezone.now() + forgotten_password.TWICE, tick=True):
        ask(browser, 4)


@pytest.mark.parametrize(
    "page",
    [
        *("/password/reset/", "/invitation/", "/not-me/", "/e-mail/confirm/"),
        *("/second-address/confirm/", "/security/lost/device/"),
    ],
)
def test_a_link_that_is_nobodys_looks_like_one_that_is_over(owner, page):
    """Made up, cut off, of another purpose, used: nothing says whether there was one."""
    Client().post("/password/forgot/", {"email": owner.email})
    people.answer_asked()
    link = MailedLink.objects.get()
    token = mailed_links.path(link).split("/")[-2]
    MailedLink.objects.update(revoked_at=timezone.now())
    seen = set()
    for given in ("A" * 43, token, token[:-4] + "AAAA", "nothing-of-ours", token + "A"):
        browser = Client()
        browser.get(f"{page}{given}/")
        answer = browser.get(page)
        seen.add((answer.status_code, text_of(answer, without=given)))
    assert len(seen) == 1
    assert {status for status, _text in seen} == {404}


# --- work -----------------------------------------------------------------------------------------


def work(path: str, form: dict[str, str]) -> list[str]:
    """Return the statements that a form causes, without what was typed."""
    with CaptureQueriesContext(connection) as caught:
        Client().post(path, form)
    # What is typed or found stands in quotes, ids and moments are numbers: how much is done is the rest. Whether a
    # savepoint is let go or taken back, is one statement either way.
    same = r"[xX]?'[^']*'|NULL|\\\\x[0-9a-f]+|\d+"
    texts = [query["sql"].replace("ROLLBACK TO", "RELEASE") for query in caught.captured_queries]
    return [re.sub(same, "?", re.sub(r"::\w+", "", text)) for text in texts]


@pytest.mark.parametrize("who", WHO)
def test_a_refused_sign_in_is_the_same_work_for_everybody(owner, customer, who):
    email, word = refused(who, owner)
    for nobody in (NOBODY, email):  # what a process prepares once
        work("/sign-in/", {"email": nobody, "password": "x"})
    Attempt.objects.all().delete()
    done = work("/sign-in/", {"email": email, "password": word})
    Attempt.objects.all().delete()
    assert done == work("/sign-in/", {"email": NOBODY, "password": "x"})
    assert len(done) > 3


@pytest.mark.parametrize("who", [*WHO, "wrong"])
def test_a_forgotten_password_is_the_same_work_for_everybody(owner, customer, who):
    email, _word = refused(who, owner)
    work("/password/forgot/", {"email": NOBODY})
    done = work("/password/forgot/", {"email": email})
    assert done == work("/password/forgot/", {"email": NOBODY})
    # Nobody was looked up: one row waits for the worker, like any other.
    assert not [sql for sql in done if "accounts_administrator" in sql]
    assert AskedLink.objects.count() == 3
    people.answer_asked()
    assert AskedLink.objects.count() == 0


def test_nor_does_the_number_of_links_tell(read_once, owner):
    """Asked for more often than there are mails: the work is that of the first time."""
    works = [
        work("/password/forgot/", {"email": email})
        for email in (owner.email, NOBODY) * (mail_budget.ASKED.in_hour + 2)
    ]
    for number, asked in enumerate(AskedLink.objects.all()):
        # Each from a browser of its own: of one browser the second would be the same press.
        AskedLink.objects.filter(id=asked.id).update(browser=f"Browser {number}")
    people.answer_asked()
    assert works[2:] == [works[2]] * (len(works) - 2)
    assert MailedLink.objects.count() == mail_budget.ASKED.in_hour


# --- time -----------------------------------------------------------------------------------------

SAMPLES = 11
# A hash that is not run for who is not there makes the one less than a tenth of the other.
AT_MOST = 1.5
# Of a thread's own time, which nobody else's work is in.
AT_MOST_OWN = 1.25


def milliseconds(call: Any) -> float:
    """Measure what this process worked, the thread that hashes too, whatever else the machine does meanwhile."""
    begin = time.process_time()
    call()
    return (time.process_time() - begin) * 1000


def own_milliseconds(call: Any) -> float:
    """Measure what this thread worked."""
    begin = time.thread_time()
    call()
    return (time.thread_time() - begin) * 1000


def medians(first: Any, second: Any, *, actor: Any = milliseconds) -> tuple[float, float]:
    """Measure both in turns, so that whatever else the machine does meets both alike."""
    pairs = [(actor(first), actor(second)) for _ in range(SAMPLES)]
    return median(one for one, _ in pairs), median(two for _, two in pairs)


@pytest.fixture
def real_hasher(settings):
    """Hash as a real installation does; what the process remembers of the small one is forgotten."""
    settings.PASSWORD_HASHERS = real.PASSWORD_HASHERS
    decoys._usual.cache_clear()
    yield
    decoys._usual.cache_clear()


@pytest.mark.slow
@pytest.mark.parametrize("who", ["wrong", "suspended", "invited"])
def test_nobody_is_refused_faster_or_slower_than_somebody(real_hasher, owner, who):
    rows = Administrator.objects.of(owner.customer_id).filter(id=owner.id)
    rows.update(password=make_password(people.PASSWORD))
    email, word = refused(who, owner)

    def sign_in(email: str) -> None:
        Attempt.objects.all().delete()  # it is not the waiting that is measured
        answer = Client().post("/sign-in/", {"email": email, "password": word})
        assert answer.status_code == 422

    for one in (email, NOBODY):
        sign_in(one)
    known, unknown = medians(lambda: sign_in(email), lambda: sign_in(NOBODY))
    assert unknown > 5, "a real hash takes its time"
    assert 1 / AT_MOST < known / unknown < AT_MOST, (known, unknown)


@pytest.mark.slow
def test_nor_does_a_forgotten_password_take_longer_for_somebody(owner):
    def ask(email: str) -> None:
        Attempt.objects.all().delete()
        assert Client().post("/password/forgot/", {"email": email}).status_code == 303

    for one in (owner.email, NOBODY):
        ask(one)
    # The statements are the same, one by one (above); this is what is done around them.
    known, unknown = medians(lambda: ask(owner.email), lambda: ask(NOBODY), actor=own_milliseconds)
    assert 1 / AT_MOST_OWN < known / unknown < AT_MOST_OWN, (known, unknown)
