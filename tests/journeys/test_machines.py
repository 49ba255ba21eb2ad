"""What machines ask."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings
from django.utils import timezone

import doorward
from doorward.audit.models import Event
from doorward.customers import cached
from doorward.customers.models import Brand
from doorward.notices.models import Delivery
from doorward.web import readiness
from tests import support

pytestmark = pytest.mark.usefixtures("customer")


def changed(**values: str):
    """Have other settings for a while."""
    return override_settings(DOORWARD=settings.DOORWARD.model_copy(update=values))


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_said_to_anybody_and_kept_by_nobody(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content == b"ok\n"
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


def test_health_asks_the_database_nothing(client, django_assert_num_queries):
    client.get("/healthz")
    with django_assert_num_queries(0):
        client.get("/healthz")


def test_password_managers_find_the_page(client):
    answer = client.get("/.well-known/change-password")
    assert (answer.status_code, answer["Location"]) == (302, "/profile/password/")


def test_every_answer_has_the_headers(client):
    answer = client.get("/healthz")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "publickey-credentials-get=(self)" in answer["Permissions-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_a_database_of_an_older_version_is_not_ready(client, db):
    readiness._nothing_left.cache_clear()
    MigrationRecorder(connection).record_unapplied("notices", "0001_initial")
    for _ in range(2):
        answer = client.get("/readyz")
        assert (answer.status_code, answer.content) == (503, b"the database is not up to date\n")
    MigrationRecorder(connection).record_applied("notices", "0001_initial")
    assert client.get("/readyz").status_code == 200


def test_search_engines_have_no_business_here(client):
    assert client.get("/robots.txt").content == b"User-agent: *\nDisallow: /\n"


# --- whom to tell of a weakness -------------------------------------------------------------------


def test_the_security_contact_is_the_brands_support(client, clock):
    Brand.objects.update(
        hosts=["portal.northline.example"],
        support_email="support@northline.example",
        support_url="https://northline.example/help",
        support_phone="+44 20 7946 0123",
    )
    cached.forget()
    answer = client.get("/.well-known/security.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode().splitlines() == [
        "Contact: mailto:support@northline.example",
        "Contact: https://northline.example/help",
        "Contact: tel:+44-20-7946-0123",
        "Expires: 2027-05-23T00:00:00Z",
        "Preferred-Languages: en, de",
        "Canonical: http://portal.northline.example:8000/.well-known/security.txt",
    ]


def test_a_contact_that_is_set_goes_before_the_brands(client):
    Brand.objects.update(support_email="support@northline.example")
    cached.forget()
    with changed(security_contact="mailto:security@northline.example"):
        lines = client.get("/.well-known/security.txt").content.decode().splitlines()
    assert [line for line in lines if line.startswith("Contact")] == [
        "Contact: mailto:security@northline.example"
    ]


def test_without_a_contact_there_is_no_such_page(client):
    assert client.get("/.well-known/security.txt").status_code == 404


# --- numbers --------------------------------------------------------------------------------------

TOKEN = "a token that a monitor has"


def with_token(token: str):
    return changed(metrics_token=token)


def test_without_a_token_set_there_are_no_numbers(client):
    for sent in ({}, {"Authorization": "Bearer "}):
        assert client.get("/metrics", headers=sent).status_code == 404


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer ", "Bearer wrong", TOKEN, f"Basic {TOKEN}", "Bearer é"]
)
def test_numbers_want_the_token(client, owner, sent):
    with with_token(TOKEN):
        answer = client.get("/metrics", headers={"Authorization": sent})
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Bearer realm="metrics"'
        assert b"doorward_" not in answer.content
        signed_in = support.browser_of(owner)
        assert signed_in.get("/metrics").status_code == 401


def test_numbers_are_told_and_nothing_of_anybody(client, owner):
    support.browser_of(owner).get("/")
    before = timezone.now() - timedelta(seconds=90)
    for state in ("due", "given_up", "given_up", "sent"):
        Delivery.objects.create(
            event_id=Delivery.objects.count(),
            administrator_id=owner.id,
            template="x",
            address=owner.email,
            state=state,
            next_at=before,
        )
    with with_token(TOKEN):
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    said = answer.content.decode()
    numbers = dict(
        line.rsplit(" ", 1) for line in said.splitlines() if line and not line.startswith("#")
    )
    assert numbers['doorward_deliveries{state="due"}'] == "1"
    assert numbers['doorward_deliveries{state="given_up"}'] == "2"
    assert 90 <= int(numbers["doorward_oldest_due_seconds"]) < 300
    assert int(numbers["doorward_events_waiting"]) == Event.objects.count()
    assert numbers["doorward_sessions_open"] == "1"
    assert numbers[f'doorward_info{{version="{doorward.__version__}"}}'] == "1"
    for private in (owner.email, owner.first_name, owner.customer.name, str(owner.id)):
        assert private not in said


@pytest.mark.parametrize(
    "path",
    [
        "/healthz",
        "/readyz",
        "/metrics",
        "/robots.txt",
        "/.well-known/change-password",
        "/.well-known/security.txt",
    ],
)
def test_machines_only_read(client, path):
    assert client.post(path).status_code == 405
    assert client.head(path).status_code in {200, 302, 404}


@pytest.mark.parametrize(
    "name",
    ["resource-that-should-not-exist-whose-status-code-should-not-be-200", "webauthn", "x"],
)
def test_what_must_not_be_there_is_not(client, customer, name):
    assert client.get(f"/.well-known/{name}").status_code == 404


def test_without_https_nothing_binds_to_it(client, customer):
    for path in ("/sign-in/", "/healthz", "/nowhere/"):
        assert "Strict-Transport-Security" not in client.get(path).headers
