"""Passwords known from break-ins: asking for them gives nothing away and keeps nobody."""

from __future__ import annotations

import hashlib
import logging
import ssl
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from doorward.accounts import services
from doorward.accounts.models import Administrator, PasswordDue
from doorward.audit.actor import CONSOLE
from doorward.credentials.errors import PasswordBreached, PasswordTooShort
from doorward.credentials.password import at_console as password_first
from doorward.credentials.password import breached, change
from tests.kit import browsers, people
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = "purple elephants dance on mondays"
DIGEST = hashlib.sha1(WORDS.encode()).hexdigest().upper()
PREFIX, REST = DIGEST[:5], DIGEST[5:]
OTHER = "0" * 35


class Service:
    """A service like Have I Been Pwned on loopback: what it was asked, and what it does."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = f"{OTHER}:3\r\n{REST}:2\r\n".encode()
        self.before: Any = lambda: None
        # In place of an answer: what is sent at once, and what follows byte by byte.
        self.trickles = (b"", b"")
        self.trickled, self.is_over = Event(), Event()
        self.url = ""


class Quiet(ThreadingHTTPServer):
    def handle_error(self, *_args: Any) -> None:
        """Who asked has gone before the answer: that is what some tests are about."""


@pytest.fixture
def service(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    # A busy machine may take longer to answer than anybody is kept.
    monkeypatch.setattr(breached, "SECONDS", 30.0)
    found = Service()

    class Handler(BaseHTTPRequestHandler):
        given: ClassVar[Service] = found

        def do_GET(self) -> None:
            given = self.given
            given.asked.append((self.path, dict(self.headers)))
            given.before()
            if any(given.trickles):
                self.trickle(*given.trickles)
                return
            self.send_response(given.status)
            for name, value in given.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(given.body)

        def trickle(self, first: bytes, rest: bytes) -> None:
            self.wfile.write(first)
            for byte in rest:
                self.wfile.write(bytes([byte]))
                if self.given.is_over.wait(0.05):
                    return
            self.given.trickled.set()

        def log_message(self, *_args: Any) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/range/"
    settings.DOORWARD = settings.DOORWARD.model_copy(update={"breach_check_url": found.url})
    breached._service.cache_clear()  # a port that was another test's
    yield found
    found.is_over.set()
    server.shutdown()
    server.server_close()


def is_known(password: str = WORDS) -> bool:
    return password in breached.breached_passwords()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait shorter than in earnest."""
    monkeypatch.setattr(breached, "SECONDS", 0.2)


# --- asking ---------------------------------------------------------------------------------------


def test_nobody_is_asked_unless_it_is_switched_on() -> None:
    assert settings.DOORWARD.breach_check_url == ""
    assert breached.breached_passwords() == frozenset()


def test_a_hit_and_a_miss(service: Service) -> None:
    assert is_known()
    service.body = f"{OTHER}:3\r\n".encode()
    assert not is_known()


def test_only_five_characters_leave_and_nothing_else_of_it(service: Service) -> None:
    is_known()
    [(path, headers)] = service.asked
    assert path == f"/range/{PREFIX}"
    assert headers["Add-Padding"] == "true"
    assert set(headers) == {"Host", "Accept-Encoding", "Accept", "Add-Padding", "User-Agent"}
    assert REST not in f"{path}{headers}"


def test_padding_is_no_hit(service: Service) -> None:
    service.body = f"{REST}:0\r\n{OTHER}:1\r\n".encode()
    assert not is_known()


def test_small_letters_are_the_same(service: Service) -> None:
    service.body = f"{REST.lower()}:1".encode()
    assert is_known()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (429, b""),
        (404, f"{REST}:1".encode()),
        (302, f"{REST}:1".encode()),
        (200, b""),
        (200, b"<html>an error</html>"),
        (200, f"{REST}:1\r\nno line\r\n".encode()),
        (200, f"{REST}:-1\r\n".encode()),
        (200, b"\xff\xfe\x00"),
        (200, f"{REST}:1\r\n".encode() * 14_000),
    ],
    ids=["500", "429", "404", "redirect", "empty", "page", "garbage", "minus", "bytes", "huge"],
)
def test_what_is_no_answer_keeps_nobody(
    service: Service, caplog: pytest.LogCaptureFixture, status: int, body: bytes
) -> None:
    service.status, service.body = status, body
    service.headers = {"Location": f"{service.url}ABCDE"} if status == 302 else {}
    with caplog.at_level(logging.WARNING):
        assert not is_known()
    assert len(service.asked) == 1, "a redirect is not followed"
    [said] = [one.getMessage() for one in caplog.records if one.name == "doorward.passwords"]
    assert "could not be asked for" in said
    assert PREFIX not in said
    assert WORDS not in said


def test_who_does_not_answer_is_not_waited_for(service: Service, impatient: None) -> None:
    end = Event()
    # Who waited for it would hear that the password is known.
    service.before = lambda: end.wait(30)
    assert not is_known()
    assert not is_known()
    # Its thread may begin after we have ceased to wait.
    until(lambda: service.asked)
    end.set()
    assert len(service.asked) == 1, "nor asked again at once"


@pytest.mark.parametrize("head", [b"", b"Content-Type: text/plain\r\n\r\n"], ids=["head", "body"])
def test_an_answer_that_trickles_is_not_waited_for(
    service: Service, impatient: None, head: bytes
) -> None:
    # Each byte is in time by itself.
    service.trickles = (b"HTTP/1.0 200 OK\r\n" + head, b"x" * 600)
    assert not is_known()
    assert not service.trickled.is_set()


def test_nobody_listening_keeps_nobody(service: Service, settings: Any) -> None:
    update = {"breach_check_url": "http://127.0.0.1:9/range"}
    settings.DOORWARD = settings.DOORWARD.model_copy(update=update)
    assert not is_known()


def test_after_a_rest_it_is_asked_again(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service.status = 500
    assert not is_known()
    service.status = 200
    assert not is_known()
    monkeypatch.setattr(breached, "REST_SECONDS", 0.0)
    breached._service.cache_clear()
    assert is_known()


def test_with_https_the_certificate_is_checked(service: Service, settings: Any) -> None:
    found = breached._connection(urlsplit("https://api.pwnedpasswords.com/range"))
    assert isinstance(found, HTTPSConnection)
    context = found._context  # type: ignore[attr-defined]
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


# --- where it counts ------------------------------------------------------------------------------


def test_it_is_asked_last_and_only_for_what_is_else_in_order(
    owner: Administrator, service: Service
) -> None:
    with pytest.raises(PasswordTooShort):
        change.accept("short", person=owner, now=timezone.now())
    assert service.asked == []
    with pytest.raises(PasswordBreached):
        change.accept(WORDS, person=owner, now=timezone.now())
    assert len(service.asked) == 1


def test_the_page_says_so_and_nothing_is_changed(owner: Administrator, service: Service) -> None:
    browser = browsers.browser_of(owner)
    answer = browser.post("/profile/password/", {"current": people.PASSWORD, "password": WORDS})
    assert answer.status_code == 422
    assert "known from a break-in elsewhere" in answer.content.decode()
    assert WORDS not in answer.content.decode()
    assert people.again(owner).password == owner.password


def test_one_that_became_known_is_due_at_the_next_sign_in(
    owner: Administrator, service: Service
) -> None:
    digest = hashlib.sha1(people.PASSWORD.encode()).hexdigest()
    service.body = f"{digest[5:]}:12\r\n".encode()
    browser = browsers.browser_of(owner)
    assert people.again(owner).password_due == PasswordDue.BREACHED
    assert browser.get("/profile/")["Location"] == "/sign-in/password/"
    answer = browser.post("/sign-in/password/", {"password": people.OTHER_PASSWORD})
    assert answer.status_code == 303
    assert browser.get("/profile/").status_code == 200


def test_a_wrong_password_is_asked_for_nowhere(owner: Administrator, service: Service) -> None:
    browser = Client()
    browser.post("/sign-in/", {"email": owner.email, "password": WORDS})
    assert service.asked == []


@pytest.mark.django_db(transaction=True)
def test_the_database_waits_for_nobody_meanwhile(service: Service) -> None:
    customer = people.make_customer()
    wrote = Event()

    def write() -> None:
        people.make_customer("Somebody Else")
        wrote.set()
        connection.close()

    service.before, service.body = write, f"{OTHER}:1\r\n".encode()
    new = services.NewAdministrator(
        email="lena@harbourbakery.example",
        details=services.Details(first_name="Lena", last_name="Fischer"),
        tabs=frozenset({"home"}),
    )
    password_first.add_active(
        new, password=WORDS, customer=customer, actor=CONSOLE, now=timezone.now()
    )
    assert wrote.is_set()
    assert len(service.asked) == 1
