from __future__ import annotations

from datetime import timedelta
from email.headerregistry import Address
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.audit.actor import CONSOLE
from doorward.audit.record import record
from doorward.credentials.events import PASSWORD_CHANGED
from doorward.customers.models import Brand
from doorward.notifications.models import Delivery, State
from doorward.notifications.worker import run_once
from tests.kit import people as kit_people
from tests.kit.serving import free_port
from tests.notifications import servers
from tests.notifications.mails import part, read, send_to
from tests.notifications.smtp import at, send_one

if TYPE_CHECKING:
    from pathlib import Path


def test_a_message_arrives_whole(colleague: Administrator, monkeypatch: Any) -> None:
    Brand.objects.update(name="Nordlicht Büro", support_email="hilfe@nordlicht.example")
    kit_people.forget_caches()
    with servers.serve() as box:
        send_to(monkeypatch, at(box.port))
        assert send_one(colleague).state == State.SENT
        (envelope,) = box.envelopes
    assert envelope.mail_from == "hilfe@nordlicht.example"
    assert envelope.rcpt_tos == [colleague.email]
    message = read(envelope.content)
    (sender,) = message["From"].addresses
    assert sender == Address("Nordlicht Büro", addr_spec="hilfe@nordlicht.example")
    assert message["Subject"] == "A link to set a new password"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "/password/reset/" in part(message, "plain")
    assert "/password/reset/" in part(message, "html")
    assert max(map(len, envelope.content.splitlines())) <= 998  # RFC 5322, 2.1.1


def test_the_sender_can_be_set_for_all_brands(colleague: Administrator, monkeypatch: Any) -> None:
    with servers.serve() as box:
        send_to(monkeypatch, at(box.port), email_from="portal@provider.example")
        Brand.objects.update(email_from="x@y.example", support_email="help@provider.example")
        kit_people.forget_caches()
        send_one(colleague)
        (message,) = box.messages
    assert message["From"].addresses[0].addr_spec == "portal@provider.example"
    assert message["Reply-To"] == "help@provider.example"


def test_without_any_sender_it_is_the_portal_itself(
    colleague: Administrator, monkeypatch: Any
) -> None:
    with servers.serve() as box:
        send_to(monkeypatch, at(box.port))
        Brand.objects.update(hosts=["portal.provider.example"], support_email="")
        kit_people.forget_caches()
        send_one(colleague)
        (message,) = box.messages
    assert message["From"].addresses[0].addr_spec == "no-reply@portal.provider.example"
    assert "://portal.provider.example:8000/password/reset/" in part(message, "plain")


def test_several_messages_share_a_connection(colleague: Administrator, monkeypatch: Any) -> None:
    with servers.serve() as box:
        send_to(monkeypatch, at(box.port))
        with transaction.atomic():
            for _ in range(5):
                record(PASSWORD_CHANGED, actor=CONSOLE, subject=colleague.who())
        assert run_once(timezone.now()) == 5
        assert (len(box.envelopes), box.connections) == (5, 1)


def test_a_server_that_is_down_is_tried_again_after_growing_waits(
    colleague: Administrator, monkeypatch: Any
) -> None:
    port = free_port()
    send_to(monkeypatch, at(port))
    with transaction.atomic():
        record(PASSWORD_CHANGED, actor=CONSOLE, subject=colleague.who())
    now = timezone.now()
    for minutes in (1, 2, 4, 8):
        assert run_once(now) == 0
        row = Delivery.objects.get()
        assert row.next_at == now + timedelta(minutes=minutes)
        assert row.last_error.startswith("ConnectionRefusedError")
        assert run_once(row.next_at - timedelta(seconds=1)) == 0
        now = row.next_at
    assert Delivery.objects.get().attempts == 4
    with servers.serve(port=port) as box:
        assert run_once(now) == 1
        assert len(box.envelopes) == 1
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.last_error) == (State.SENT, 5, "")


def test_without_starttls_nothing_is_sent(colleague: Administrator, monkeypatch: Any) -> None:
    with servers.serve(auth_require_tls=False) as box:
        send_to(monkeypatch, at(box.port, "starttls", user="portal", password="secret-word"))
        row = send_one(colleague)
        assert box.envelopes == []
    assert (row.state, row.last_error) == (State.DUE, "SMTPNotSupportedError")


def test_starttls_and_the_password_of_the_server(
    colleague: Administrator, tmp_path: Path, monkeypatch: Any
) -> None:
    context, trusted = servers.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    options = {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": servers.password_is("portal", "secret-word"),
    }
    with servers.serve(**options) as box:
        send_to(monkeypatch, at(box.port, "starttls", user="portal", password="secret-word"))
        assert send_one(colleague).state == State.SENT
        send_to(monkeypatch, at(box.port, "starttls", user="portal", password="wrong-word"))
        row = send_one(colleague)
        assert (row.state, row.last_error) == (State.DUE, "SMTPAuthenticationError 535")
        assert len(box.envelopes) == 1


def test_tls_from_the_first_byte(
    colleague: Administrator, tmp_path: Path, monkeypatch: Any
) -> None:
    context, trusted = servers.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with servers.serve(implicit_tls=context) as box:
        send_to(monkeypatch, at(box.port, "tls"))
        assert send_one(colleague).state == State.SENT


@pytest.mark.parametrize("host", ["localhost", "another.example"])
def test_a_server_that_is_not_who_it_says_gets_nothing(
    host: str, colleague: Administrator, tmp_path: Path, monkeypatch: Any
) -> None:
    context, trusted = servers.certificate(tmp_path, host)
    if host != "localhost":
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with servers.serve(tls_context=context) as box:
        send_to(monkeypatch, at(box.port, "starttls"))
        row = send_one(colleague)
        assert box.envelopes == []
    assert row.state == State.DUE
    assert row.last_error.startswith("SSLCertVerificationError")


def test_what_a_server_quotes_is_kept_nowhere(
    colleague: Administrator, monkeypatch: Any, caplog: Any
) -> None:
    with servers.serve() as box:
        box.refuse = "554 refused for:"
        send_to(monkeypatch, at(box.port))
        row = send_one(colleague)
    assert (row.state, row.last_error) == (State.GIVEN_UP, "SMTPDataError 554")
    assert "refused for" not in caplog.text


def test_names_are_no_links(colleague: Administrator, monkeypatch: Any) -> None:
    people = Administrator.objects.everywhere().filter(id=colleague.id)
    people.update(first_name="https://evil.example/win", last_name="www.evil.example")
    with servers.serve() as box:
        send_to(monkeypatch, at(box.port))
        send_one(kit_people.again(colleague))
        text = part(box.messages[0], "plain")
    assert "evil. example" in text
    assert "evil.example" not in text


def test_names_are_not_markup(colleague: Administrator, monkeypatch: Any) -> None:
    people = Administrator.objects.everywhere().filter(id=colleague.id)
    people.update(first_name="<b>Bo</b>", last_name="{{ 7*7 }} %(x)s & Sons")
    with servers.serve() as box:
        send_to(monkeypatch, at(box.port))
        send_one(kit_people.again(colleague))
        (message,) = box.messages
    assert "Hello <b>Bo</b> {{ 7*7 }} %(x)s & Sons," in part(message, "plain")
    assert "&lt;b&gt;Bo&lt;/b&gt; {{ 7*7 }} %(x)s &amp; Sons," in part(message, "html")


def test_a_domain_of_other_letters_is_written_as_the_name_system_has_it(
    colleague: Administrator, monkeypatch: Any
) -> None:
    people = Administrator.objects.everywhere().filter(id=colleague.id)
    people.update(email="samuel@bäckerei.example")
    with servers.serve() as box:
        send_to(monkeypatch, at(box.port))
        assert send_one(kit_people.again(colleague)).state == State.SENT
        (envelope,) = box.envelopes
    assert envelope.rcpt_tos == ["samuel@xn--bckerei-5wa.example"]
    assert "samuel@bäckerei.example" in part(read(envelope.content), "plain")
