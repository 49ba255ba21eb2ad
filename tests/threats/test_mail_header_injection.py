"""A name or an address carries line breaks: it becomes neither a header nor a receiver of a mail."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.customers.models import Brand, Customer
from doorward.notifications.models import State
from doorward.notifications.worker import run_once
from tests.kit import people as kit_people
from tests.notifications import servers
from tests.notifications.mails import read, send_to
from tests.notifications.smtp import at, send_one

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

EVIL = "A\r\nBcc: thief@evil.example\r\n\r\nhello\u2028x"


def test_a_name_cannot_add_a_header(customer: Customer, monkeypatch: Any) -> None:
    Brand.objects.update(name=EVIL)
    kit_people.forget_caches()
    with servers.serve() as box:
        send_to(monkeypatch, at(box.port))
        invited = kit_people.invite(customer)
        Administrator.objects.everywhere().filter(id=invited.id).update(first_name=EVIL)
        assert run_once(timezone.now()) == 1
        (envelope,) = box.envelopes
    message = read(envelope.content)
    assert envelope.rcpt_tos == [invited.email]
    assert "Bcc" not in message
    assert message["From"].addresses[0].display_name == "A Bcc: thief@evil.example hello x"
    assert message["Subject"] == "Your invitation to A Bcc: thief@evil.example hello x"


def test_an_address_cannot_add_a_receiver(colleague: Administrator, monkeypatch: Any) -> None:
    people = Administrator.objects.everywhere().filter(id=colleague.id)
    people.update(email=f"samuel@harbourbakery.example{EVIL}")
    with servers.serve() as box:
        send_to(monkeypatch, at(box.port))
        assert send_one(kit_people.again(colleague)).state == State.GIVEN_UP
        assert box.envelopes == []


@pytest.mark.parametrize("dot", [".", "\u3002", "\uff0e", "\uff61"])
def test_a_name_is_no_address_that_a_mail_program_makes_a_link_of(
    customer: Customer, monkeypatch: Any, dot: str
) -> None:
    """Whoever may add people chooses the name, and whom the mail with it goes to; hosts have other full stops, too."""
    with servers.serve() as box:
        send_to(monkeypatch, at(box.port))
        kit_people.invite(customer, name=f"Verify https://evil{dot}example/now")
        assert run_once(timezone.now()) == 1
        (envelope,) = box.envelopes
    bodies = [part.get_content() for part in read(envelope.content).iter_parts()]
    assert all(f"evil{dot} example" in body for body in bodies)
    assert not [body for body in bodies if "//evil" in body or f"evil{dot}example" in body]
