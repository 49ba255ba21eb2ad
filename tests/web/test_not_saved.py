"""While nothing can be saved: what only reads goes on, what writes says so, and everybody can sign out."""

from __future__ import annotations

import socket
import time
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.utils import ConnectionHandler
from django.test import Client

from doorward.audit.models import Event
from doorward.customers import cached
from doorward.kernel import why_not_saved
from doorward.kernel.db.postgresql import patience
from doorward.settings import database
from doorward.web.http import readiness
from tests.kit import browsers, people

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def read_only():
    """Have the database refuse every write in its own words, as on a disk that can only be read."""
    if connection.vendor == "sqlite":
        before, now = "PRAGMA query_only=0", "PRAGMA query_only=1"
    else:
        before = "SET default_transaction_read_only = off"
        now = "SET default_transaction_read_only = on"
    with connection.cursor() as cursor:
        cursor.execute(now)
        try:
            yield
        finally:
            cursor.execute(before)


@pytest.fixture
def browser(owner):
    signed_in = browsers.browser_of(owner)
    assert signed_in.get("/").status_code == 200
    return signed_in


def test_a_page_that_only_reads_is_there_also_when_it_would_note_that_it_was(clock, browser):
    clock.shift(timedelta(minutes=2))
    with read_only():
        for path in ("/", "/security/", "/administrators/", "/help/"):
            assert browser.get(path).status_code == 200, path


def test_what_writes_says_that_it_was_not_saved(browser, caplog):
    before = Event.objects.count()
    with read_only():
        answer = browser.post("/security/sessions/end/", {"others": "on"})
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert 'data-page="error-503"' in page
    assert "Nothing can be saved just now" in page
    assert people.provider().brand.name in page
    said = [one for one in caplog.records if one.levelname == "ERROR"]
    assert said[0].getMessage() == (
        "nothing can be saved: the disk or the database can only be read"
    )
    assert not any(one.exc_info for one in said), "no traceback: it is no fault of the program's"
    assert Event.objects.count() == before


def test_nobody_can_be_kept_from_signing_out(browser):
    token = browser.cookies[settings.SESSION_COOKIE_NAME].value
    with read_only():
        answer = browser.post("/sign-out/")
        page = answer.content.decode()
        assert answer.status_code == 503
        assert 'data-page="not-signed-out"' in page
        assert "The session itself could not be ended" in page
        assert answer.cookies[settings.SESSION_COOKIE_NAME].value == ""
        assert browser.get("/security/")["Location"].startswith("/sign-in/")
    assert browser.get("/security/")["Location"].startswith("/sign-in/")
    assert token not in page


def test_nor_by_a_database_that_does_not_answer_at_all(browser, monkeypatch):
    from django.db import OperationalError  # noqa: PLC0415

    from doorward.web.http import gate  # noqa: PLC0415

    def gone(*_args, **_kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(gate, "load", gone)
    browser.raise_request_exception = False
    answer = browser.post("/sign-out/")
    assert answer.status_code == 503
    assert answer.cookies[settings.SESSION_COOKIE_NAME].value == ""


def test_a_form_of_another_site_signs_nobody_out(browser):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    with read_only():
        answer = strict.post("/sign-out/", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert settings.SESSION_COOKIE_NAME not in answer.cookies


def test_it_is_not_ready_while_every_write_fails(client, customer):
    people.worker_beats()
    readiness.forget()
    assert client.get("/readyz").status_code == 200
    with read_only():
        readiness.forget()
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["wrong"]) == (503, ["storage"])
        assert client.get("/healthz").status_code == 200
    readiness.forget()
    assert client.get("/readyz").status_code == 200


@contextmanager
def busy():
    """Hold all of the database by another connection, and let nobody wait for it long."""
    other = connection.copy()
    waits = {
        "sqlite": ("PRAGMA busy_timeout=20", "PRAGMA busy_timeout=10000", "BEGIN IMMEDIATE"),
        "postgresql": (
            "SET lock_timeout = '20ms'",
            "SET lock_timeout = 0",
            "BEGIN; LOCK TABLE sessions_session IN EXCLUSIVE MODE",
        ),
    }
    before, after, held = waits[connection.vendor]
    try:
        with other.cursor() as holding, connection.cursor() as cursor:
            holding.execute(held)
            cursor.execute(before)
            yield
            cursor.execute(after)
            holding.execute("ROLLBACK")
    finally:
        other.close()


def test_a_database_that_is_busy_is_no_fault_of_the_programs(browser, caplog):
    with busy():
        answer = browser.post("/security/sessions/end/", {"others": "on"})
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Too much is being saved at the same time" in page
    said = [one for one in caplog.records if one.levelname == "ERROR"]
    assert said[0].getMessage() == "nothing can be saved: the database is busy"
    assert not any(one.exc_info for one in said)
    assert browser.post("/security/sessions/end/", {"others": "on"}).status_code == 303


NO_CONNECTION = OperationalError("couldn't get a connection after 0.01 sec")


def test_a_pool_that_has_no_connection_left_is_busy_too():
    assert why_not_saved.fault_in(NO_CONNECTION) is why_not_saved.Fault.BUSY


@pytest.mark.parametrize(
    "said", [str(NO_CONNECTION), "connection failed: nobody", "disk I/O error"]
)
def test_who_waited_in_vain_is_told_in_the_brands_look_also_when_brands_are_due(browser, said):
    def fail(*_args):
        raise OperationalError(said)

    cached.forget()  # as after its second
    browser.raise_request_exception = False
    with connection.execute_wrapper(fail):
        answer = browser.get("/")
    assert answer.status_code == 503
    assert people.provider().brand.name in answer.content.decode()
    assert "brand.css" in answer.content.decode()


def test_a_server_that_says_nothing_is_away_and_not_busy():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://doorward@127.0.0.1:{silent.getsockname()[1]}/doorward"
        described = database._postgresql(address)
        described["OPTIONS"] |= {"pool": {"min_size": 1, "max_size": 2}, "connect_timeout": 2}
        with closing(ConnectionHandler({"default": described})["default"]) as silence:
            patience.begin_request(came=time.monotonic(), seconds=1.5)
            with pytest.raises(OperationalError) as refused:
                silence.ensure_connection()
            silence.close_pool()  # type: ignore[attr-defined]
    assert why_not_saved.fault_in(refused.value) is why_not_saved.Fault.AWAY
