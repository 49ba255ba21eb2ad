"""A Host header that somebody made up: it chooses at most a look, and never what a link says."""

from __future__ import annotations

import pytest
from django.test import Client

from doorward.customers import cached
from doorward.customers.models import Brand
from doorward.environment import MailServer
from doorward.signin.events import PASSWORD_LINK_ASKED
from tests.kit import people
from tests.notifications.mails import Folder, part, send_to

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

PUBLIC = "https://portal.northline.example"
ELSEWHERE = "elsewhere.example"


@pytest.fixture
def public(settings, customer):
    """Have a public address, and a brand with a host of its own."""
    settings.DOORWARD = settings.DOORWARD.model_copy(update={"public_url": PUBLIC})
    Brand.objects.filter(id=customer.brand_id).update(
        hosts=["portal.harbour.example"], confirmed_hosts={"portal.harbour.example": "2026-11-24"}
    )
    cached.forget()


def ask(path, host, method="get", **fields):
    client = Client(HTTP_HOST=host)
    return getattr(client, method)(path, fields)


@pytest.mark.parametrize(
    "host",
    [
        "portal.northline.example",
        "PORTAL.Northline.example:443",
        "portal.northline.example.",
        "portal.harbour.example",
        "localhost:8000",
        "127.0.0.1:8000",
        "[::1]:8000",
    ],
)
def test_it_answers_under_its_own_names(public, host):
    assert ask("/sign-in/", host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        ELSEWHERE,
        "portal.northline.example.elsewhere.example",
        "xportal.northline.example",
        "192.0.2.1",
        "[2001:db8::1]",
        "localhost.elsewhere.example",
    ],
)
def test_it_answers_under_no_other(public, owner, host):
    for path in ("/sign-in/", "/password/forgot/", "/", "/security/", "/help/"):
        answer = ask(path, host)
        assert answer.status_code == 421, path
        assert host.encode() not in answer.content
        # Nor does it say whose portal this is.
        assert Brand.objects.get(is_default=True).name.encode() not in answer.content
    asked = ask("/password/forgot/", host, "post", email=owner.email)
    assert asked.status_code == 421
    assert not people.events(PASSWORD_LINK_ASKED)


def test_a_monitor_knows_the_address_alone(public):
    people.worker_beats()
    for path in ("/healthz", "/readyz"):
        assert ask(path, "192.0.2.1:8000").status_code == 200
    assert ask("/metrics", "192.0.2.1:8000").status_code == 404


@pytest.mark.parametrize("host", ["no_name!", "a b", "x" * 300 + "!", "host:port", "a@b", "<b>"])
def test_what_is_no_name_is_refused(public, host):
    answer = ask("/sign-in/", host)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("192.0.2.1:8000", 200),
        ("[2001:db8::1]:8000", 200),
        ("this-machine", 200),
        (ELSEWHERE, 421),
        ("192.0.2.1.elsewhere.example", 421),
    ],
)
def test_where_no_public_address_is_set_no_name_of_somebody_elses_leads_here(
    customer, host, status
):
    assert ask("/sign-in/", host).status_code == status
    if status == 421:
        Brand.objects.filter(id=customer.brand_id).update(hosts=[ELSEWHERE])
        cached.forget()
        assert ask("/sign-in/", ELSEWHERE).status_code == 200


@pytest.mark.parametrize("host", ["", "a b", "a@b"])
def test_where_no_public_address_is_set_what_is_no_name_is_told_nothing(customer, host):
    client = Client(enforce_csrf_checks=True, HTTP_HOST=host)
    for answer in (client.get("/sign-in/"), client.get("/nowhere/"), client.post("/profile/")):
        assert answer.status_code in {400, 403, 404}, "nor is it led anywhere"
        assert Brand.objects.get(is_default=True).name.encode() not in answer.content


def test_where_no_public_address_is_set_a_made_up_name_gets_into_no_link(
    owner, tmp_path, monkeypatch
):
    send_to(monkeypatch, MailServer(kind="file", folder=tmp_path / "mail"))
    asked = ask("/password/forgot/", "192.0.2.1:8000", "post", email=owner.email)
    assert (asked.status_code, asked["Location"]) == (303, "/password/forgot/sent/")
    mails = Folder(tmp_path / "mail").new()
    [mail] = [one for one in mails if owner.email in one["To"]]
    assert "192.0.2.1" not in mail.as_string()
    assert "http://localhost:8000/password/reset/" in part(mail, "plain")
