"""How often the database is asked: a whole sign-in, every page, and lists of any length."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from doorward.accounts.models import Administrator, Status
from doorward.audit.models import Event
from doorward.credentials.totp.enrol import write_factor
from doorward.gate.requirement import Step
from doorward.kernel.crypto import sealing
from doorward.signin import decoys
from tests.kit import browsers, codes, people, rows
from tests.whole.routes import walk

# One of them for the list of people: when they last signed in.
WHOLE_SIGN_IN = 14
ANY_PAGE = 8
# What opens and closes a transaction asks for nothing; in a test it shows as savepoints.
_MARKS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
ROUTES = [
    route
    for route in walk()
    if route.declaration and route.declaration.step in {None, Step.SIGN_IN}
]


class Asked(CaptureQueriesContext):
    """The statements that were sent, without the marks of transactions."""

    def __init__(self) -> None:
        super().__init__(connection)

    @property
    def statements(self) -> list[str]:
        texts = [query["sql"].lstrip() for query in self.captured_queries]
        return [text for text in texts if not text.upper().startswith(_MARKS)]


def warm(client: Client) -> None:
    """Let the process learn its brands, tabs, keys and kinds of hashes, as one that has answered before."""
    client.get("/sign-in/")
    sealing.keyed_hash("warm", b"")
    # Counted once a minute, and not for each sign-in.
    decoys.of("")


@pytest.mark.parametrize("known", [False, True], ids=["new browser", "known browser"])
def test_a_whole_sign_in_asks_fourteen_times_at_most(outsider, known):
    codes.enable_app(outsider)
    client = Client(HTTP_USER_AGENT=people.CHROME)
    if known:
        browsers.sign_in(client, outsider)
        client.post("/sign-out/")
    warm(client)
    code = codes.next_code(outsider)
    with Asked() as asked:
        assert client.get("/sign-in/").status_code == 200
        form = {"email": outsider.email, "password": people.PASSWORD, "next": ""}
        assert client.post("/sign-in/", form).status_code == 303
        assert client.get("/sign-in/code/").status_code == 200
        assert client.post("/sign-in/code/", {"code": code}).status_code == 303
        assert client.get("/").status_code == 200
    assert len(asked.statements) <= WHOLE_SIGN_IN, "\n".join(asked.statements)


def crowd(owner: Administrator, number: int) -> None:
    """Add so many people with apps, sign-ins and history."""
    now = timezone.now()
    start = Administrator.objects.of(owner.customer_id).count()
    for place in range(start, start + number):
        person = Administrator.objects.create(  # type: ignore[misc]  # the plugin takes all of `**` for one column
            customer=owner.customer,
            email=f"p{place}@harbourbakery.example",
            email_folded=f"p{place}@harbourbakery.example",
            **Administrator.name_columns(first_name="Person", last_name=f"Number {place}"),
            tabs=owner.tabs,
            status=Status.ACTIVE,
            password="!",
            added_at=now,
        )
        write_factor(person.id, b"x" * 20, step=0, name="Phone", now=now)
        Event.objects.create(
            at=now, type="signed_in", outcome="ok", actor_type="person", actor_id=person.id, actor_name="P",
            subject_id=person.id, subject_name="P", customer_id=owner.customer_id,
            customer_name="C", address="192.0.2.1", browser=people.CHROME, request_id="",
        )  # fmt: skip


@pytest.fixture(scope="module", params=[3, 23])
def somebody(request, django_db_setup, django_db_blocker):
    """Return somebody with an app among so many people."""

    def make() -> Administrator:
        person = people.make_administrator(people.make_customer("Crowd"), tabs=people.ALL_TABS)
        codes.enable_app(person)
        crowd(person, request.param)
        return person

    with rows.of_the_file(django_db_blocker, make) as person:
        yield person


# What each page asked for among the few or the many, whichever came first.
ASKED: dict[str, int] = {}


# How many statements the code sends is the same on both; a whole sign-in, with its locks, is asked on each.
@pytest.mark.one_database
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.pattern or "/")
def test_no_page_asks_more_than_eight_times_nor_more_for_longer_lists(
    read_once, db, route, somebody
):
    client = browsers.browser_of_with_factor(somebody)
    path = route.path(person_id=str(somebody.id), administrator_id=str(somebody.id))
    read(client, path)
    with Asked() as asked:
        answer = read(client, path)
    number = len(asked.statements)
    assert answer.status_code < 500 or route.pattern == "readyz"
    assert number <= ANY_PAGE, "\n".join(asked.statements)
    assert number == ASKED.setdefault(route.pattern, number)


def read(client: Client, path: str) -> Any:
    """Return an answer, read to its end: an export asks for its pages meanwhile, and the next one waits for that."""
    answer: Any = client.get(path)
    if answer.streaming:
        assert answer.status_code == 200
        b"".join(answer.streaming_content)
    return answer
