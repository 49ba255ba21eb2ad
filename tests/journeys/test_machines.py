"""What machines ask."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings
from django.utils import timezone

from doorward.audit.models import Event
from doorward.customers import cached
from doorward.customers.models import Brand
from doorward.kernel import heartbeat
from doorward.notifications.worker import run_once
from doorward.web.http import readiness
from tests.kit import browsers, disks, people

pytestmark = pytest.mark.usefixtures("customer")

DEPLOY = Path(__file__).parents[2] / "deploy"


def changed(**values: str | Path):
    """Have other settings for a while."""
    return override_settings(DOORWARD=settings.DOORWARD.model_copy(update=values))


@pytest.mark.parametrize(("path", "said"), [("/healthz", b"ok\n"), ("/readyz", b'{"ready": true}')])
def test_health_is_said_to_anybody_and_kept_by_nobody(client, path, said):
    people.worker_beats()
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content == said
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
    people.worker_beats()
    readiness._nothing_left.cache_clear()
    [newest] = MigrationLoader(connection).graph.leaf_nodes("notifications")
    MigrationRecorder(connection).record_unapplied(*newest)
    for _ in range(2):
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["wrong"]) == (503, ["migrations"])
    MigrationRecorder(connection).record_applied(*newest)
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


# --- the worker ---------------------------------------------------------------------------------


def readiness_of(client):
    answer = client.get("/readyz")
    assert answer.json()["ready"] is (answer.status_code == 200)
    return answer.status_code, answer.json().get("wrong", [])


def test_a_worker_that_does_not_run_or_stands_still_is_seen(client, clock):
    assert readiness_of(client) == (503, ["worker"])
    people.worker_beats()
    assert readiness_of(client) == (200, [])
    clock.shift(timedelta(seconds=50))
    assert readiness_of(client) == (503, ["worker"])


def test_no_balancer_takes_all_nodes_out_because_nobody_does_the_background_work(client):
    """Neither by what it is told to ask, nor by what the examples of `deploy` ask."""
    assert readiness_of(client) == (503, ["worker"])
    answer = client.get("/readyz?only=node")
    assert (answer.status_code, answer.content) == (200, b'{"ready": true}')
    asked = {
        (str(file.relative_to(DEPLOY)), path)
        for file in DEPLOY.rglob("*")
        if file.is_file()
        for path in re.findall(r"/(?:healthz|readyz)[^\s\"',.]*", file.read_text())
    }
    assert len({name for name, _path in asked}) >= 5
    assert {(name, path) for name, path in asked if client.get(path).status_code != 200} == set()


def test_what_is_of_this_node_alone_takes_it_out(client, tmp_path):
    people.worker_beats()
    with changed(data_dir=tmp_path), pytest.MonkeyPatch.context() as patch:
        patch.setattr(readiness, "LEAST_ROOM_BYTES", 2**63)
        answer = client.get("/readyz?only=node")
    assert (answer.status_code, answer.json()["wrong"]) == (503, ["disk"])
    assert client.get("/readyz?only=nodes").status_code == 400


def test_one_that_says_it_is_busy_for_long_is_given_the_time(client, clock):
    heartbeat.beat(heartbeat.WORKER, now=timezone.now(), within=heartbeat.AT_A_MESSAGE)
    clock.shift(timedelta(seconds=100))
    assert readiness_of(client) == (200, [])
    clock.shift(timedelta(seconds=20))
    assert readiness_of(client)[0] == 503


def test_one_that_spoke_when_the_clock_was_ahead_is_not_believed_for_that_long(client, clock):
    clock.shift(timedelta(hours=1))
    people.worker_beats()
    clock.shift(-timedelta(hours=1))
    assert readiness_of(client) == (503, ["worker"])
    people.worker_beats()
    assert readiness_of(client) == (200, [])


def test_one_that_is_behind_is_seen(client, owner, clock):
    browsers.browser_of(owner).get("/")
    clock.shift(timedelta(minutes=5, seconds=1))
    people.worker_beats()
    assert readiness_of(client) == (503, ["behind"])
    run_once(timezone.now())
    assert readiness_of(client) == (200, [])


def test_one_that_says_that_it_runs_and_ends_no_round_is_seen(client, clock):
    heartbeat.beat(heartbeat.ROUND, now=timezone.now())
    clock.shift(readiness.STUCK)
    people.worker_beats()
    assert readiness_of(client) == (200, [])
    clock.shift(timedelta(seconds=1))
    people.worker_beats()
    assert readiness_of(client) == (503, ["worker"])
    heartbeat.beat(heartbeat.ROUND, now=timezone.now())
    assert readiness_of(client) == (200, [])


def test_history_that_is_not_sealed_is_seen(client, owner, clock):
    browsers.browser_of(owner).get("/")
    Event.rewritable.update(at=timezone.now(), dispatched_at=timezone.now())
    clock.shift(readiness.UNSEALED)
    people.worker_beats()
    assert readiness_of(client) == (200, [])
    clock.shift(timedelta(seconds=1))
    people.worker_beats()
    assert readiness_of(client) == (503, ["history"])
    run_once(timezone.now())
    assert readiness_of(client) == (200, [])


def test_a_disk_without_room_is_seen(client, tmp_path):
    people.worker_beats()
    with disks.small_disk(tmp_path / "disk") as disk, changed(data_dir=disk):
        assert readiness_of(client) == (200, [])
        with disks.filled(disk, but=readiness.LEAST_ROOM_BYTES - 64 * 1024):
            assert readiness_of(client) == (503, ["disk"])
        assert readiness_of(client) == (200, [])


def test_all_that_is_wrong_is_said(client, owner, clock):
    browsers.browser_of(owner).get("/")
    Event.rewritable.update(at=timezone.now())
    clock.shift(timedelta(days=1))
    assert readiness_of(client) == (503, ["worker", "behind", "history"])


def test_a_heart_beats_when_others_need_to_see_it(db, monkeypatch):
    moment = 0.0
    monkeypatch.setattr("doorward.kernel.heartbeat.time.monotonic", lambda: moment)
    beating = heartbeat.Heart("worker", timezone.now)
    written = []
    monkeypatch.setattr(heartbeat, "beat", lambda _name, **said: written.append(said["within"]))
    for moment, within in (  # noqa: B007 - the clock reads it
        (0.0, heartbeat.USUAL),
        (9.9, heartbeat.USUAL),
        (10.0, heartbeat.USUAL),
        (10.1, heartbeat.AT_A_MESSAGE),
        (10.2, heartbeat.AT_A_MESSAGE),
        (10.3, heartbeat.USUAL),
    ):
        beating.beat(within)
    assert written == [heartbeat.USUAL, heartbeat.USUAL, heartbeat.AT_A_MESSAGE, heartbeat.USUAL]


# --- what machines may do ---------------------------------------------------------------------


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
    people.worker_beats()
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
