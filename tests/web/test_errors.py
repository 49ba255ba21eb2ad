"""The page of an error, when even what it needs is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings
from django.urls import path

from doorward.customers import cached
from doorward.gate.requirement import Need
from doorward.kernel.errors import MustWait
from doorward.web.http import readiness
from doorward.web.http.needs import needs

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

pytestmark = pytest.mark.django_db


def test_without_a_brand_there_is_still_a_page_with_the_number(customer, caplog):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE customers_brand RENAME TO hidden")
    cached.forget()
    answer = Client(raise_request_exception=False).get("/sign-in/")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "Something went wrong" in page
    assert f"<code>{answer['X-Request-ID']}</code>" in page
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"
    assert "customers_brand" not in page
    assert "customers_brand" in caplog.text


@needs(Need.NOTHING)
def lacks_a_table(request: HttpRequest) -> HttpResponse:
    raise DatabaseError("no such table: audit_event")


@needs(Need.NOTHING)
def must_wait(request: HttpRequest) -> HttpResponse:
    raise MustWait(70)


@needs(Need.NOTHING)
def loses_it(request: HttpRequest) -> HttpResponse:
    raise OperationalError("server closed the connection unexpectedly")


@needs(Need.NOTHING)
def finds_none(request: HttpRequest) -> HttpResponse:
    raise OperationalError('connection failed: connection to server at "127.0.0.1" failed')


urlpatterns = [
    path("lacks/", lacks_a_table),
    path("waits/", must_wait),
    path("loses/", loses_it),
    path("finds/", finds_none),
]
handler500 = "doorward.web.http.errors.broken"


@override_settings(ROOT_URLCONF=__name__)
def test_without_the_tables_of_this_version_it_is_being_updated(customer):
    client = Client(raise_request_exception=False)
    assert client.get("/lacks/").status_code == 500
    readiness._nothing_left.cache_clear()
    [newest] = MigrationLoader(connection).graph.leaf_nodes("notifications")
    MigrationRecorder(connection).record_unapplied(*newest)
    updated = client.get("/lacks/")
    assert (updated.status_code, updated["Retry-After"]) == (503, "60")
    assert "Updating" in updated.content.decode()
    MigrationRecorder(connection).record_applied(*newest)
    assert client.get("/lacks/").status_code == 500


@override_settings(ROOT_URLCONF=__name__)
def test_who_must_wait_is_told_so_also_where_there_is_no_form(customer):
    waits = Client().get("/waits/")
    assert (waits.status_code, waits["Retry-After"]) == (429, "70")
    assert "Please wait a moment" in waits.content.decode()


@override_settings(ROOT_URLCONF=__name__)
def test_a_database_that_went_away_is_waited_for_and_what_was_sent_is_not_promised(
    customer, caplog
):
    client = Client(raise_request_exception=False)
    for answer in (client.get("/loses/"), client.get("/finds/")):
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert "This usually takes a few seconds. Please try again." in answer.content.decode()
    lost, none = client.post("/loses/").content.decode(), client.post("/finds/").content.decode()
    assert "We cannot say whether what you sent was saved." in lost
    assert "nothing was changed" not in lost
    assert "What you sent was not saved, and nothing was changed." in none
    program = client.post("/loses/", headers={"Accept": "application/json"})
    assert program["Content-Type"] == "application/problem+json"
    assert program.json() == {
        "type": "about:blank",
        "title": "The portal cannot reach its data just now",
        "status": 503,
    }
    assert "127.0.0.1" not in none
    # Back to where the form stood, since what it is sent to may be no page; never to another site.
    assert 'href="/loses/"' not in lost
    for stood, led in (
        ("http://testserver/security/?tab=2", "/security/?tab=2"),
        ("http://testserver//evil.example/", ""),
        ("https://evil.example/security/", ""),
    ):
        page = client.post("/loses/", headers={"Referer": stood}).content.decode()
        assert ("Open the page again" in page) == bool(led), stood
        assert (f'href="{led}"' in page) or not led
        assert "evil.example" not in page
    assert not any(one.exc_info for one in caplog.records if one.name == "doorward.errors")
