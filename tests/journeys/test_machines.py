"""What machines ask."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.usefixtures("customer")


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
